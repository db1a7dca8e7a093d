/// One HTTP/2 frame, as the tests write and read it (RFC 9113, section 4).
package struct Frame: Equatable {
  package enum Kind: UInt8 {
    case data = 0
    case headers = 1
    case priority = 2
    case reset = 3
    case settings = 4
    case pushPromise = 5
    case ping = 6
    case goAway = 7
    case windowUpdate = 8
    case continuation = 9
  }

  package var kind: Kind
  package var flags: UInt8
  package var stream: UInt32
  package var payload: [UInt8]

  /// END_STREAM, or ACK on SETTINGS and PING.
  package static let endStream: UInt8 = 1
  package static let acknowledge: UInt8 = 1
  package static let endHeaders: UInt8 = 4

  package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  package var endsStream: Bool { flags & Self.endStream != 0 }

  package var bytes: [UInt8] {
    var bytes = Array(UInt32(payload.count).bigEndianBytes.dropFirst())
    bytes += [kind.rawValue, flags]
    bytes += stream.bigEndianBytes
    bytes += payload
    return bytes
  }

  package init(kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, payload: [UInt8] = []) {
    self.kind = kind
    self.flags = flags
    self.stream = stream
    self.payload = payload
  }

  package static func settings(_ settings: [(UInt16, UInt32)] = []) -> Frame {
    Frame(
      kind: .settings,
      payload: settings.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] + $1.bigEndianBytes })
  }

  package static func windowUpdate(stream: UInt32, _ increment: UInt32) -> Frame {
    Frame(kind: .windowUpdate, stream: stream, payload: increment.bigEndianBytes)
  }

  package static func data(stream: UInt32, _ payload: [UInt8], end: Bool) -> Frame {
    Frame(kind: .data, flags: end ? endStream : 0, stream: stream, payload: payload)
  }

  package static func reset(stream: UInt32, _ code: UInt32 = 8) -> Frame {
    Frame(kind: .reset, stream: stream, payload: code.bigEndianBytes)
  }

  package static func ping(_ payload: [UInt8] = Array(1...8), acknowledges: Bool = false) -> Frame {
    Frame(kind: .ping, flags: acknowledges ? acknowledge : 0, payload: payload)
  }

  /// A header block in literals without indexing, names and values in plain text.
  package static func headers(
    stream: UInt32, _ fields: [(String, String)], end: Bool = false
  ) -> Frame {
    var block: [UInt8] = []
    for (name, value) in fields {
      block.append(0)
      block += text(name) + text(value)
    }
    return Frame(
      kind: .headers, flags: endHeaders | (end ? endStream : 0), stream: stream, payload: block)
  }

  private static func text(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var length = text.utf8.count
    if length < 127 {
      bytes.append(UInt8(length))
    } else {
      bytes.append(127)
      length -= 127
      while length >= 128 {
        bytes.append(UInt8(length & 127) | 128)
        length >>= 7
      }
      bytes.append(UInt8(length))
    }
    return bytes + Array(text.utf8)
  }
}

extension UInt32 {
  package var bigEndianBytes: [UInt8] {
    [UInt8(self >> 24), UInt8(self >> 16 & 255), UInt8(self >> 8 & 255), UInt8(self & 255)]
  }

  package init(bigEndianBytes bytes: some Sequence<UInt8>) {
    self = bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}

extension Frame {
  /// A frame whose header block is too long for one, in several.
  package static func split(_ frame: Frame) -> [Frame] {
    var frames: [Frame] = []
    var rest = frame.payload[...]
    repeat {
      let part = Array(rest.prefix(16_384))
      rest = rest.dropFirst(part.count)
      frames.append(
        Frame(
          kind: frames.isEmpty ? .headers : .continuation,
          flags: (frames.isEmpty ? frame.flags & Frame.endStream : 0)
            | (rest.isEmpty ? Frame.endHeaders : 0),
          stream: frame.stream, payload: part))
    } while !rest.isEmpty
    return frames
  }
}
