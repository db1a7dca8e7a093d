internal import Testing
internal import Time

@testable internal import GRPCWire

/// Header blocks of several frames, whose fields may be too long for nghttp2.
@Suite struct HeaderBlockTests {
  private static let frameSize = 16_384

  /// An integer of HPACK (RFC 7541, 5.1).
  private static func integer(_ value: Int, bits: Int, pattern: UInt8 = 0) -> [UInt8] {
    let limit = (1 << bits) - 1
    guard value >= limit else { return [pattern | UInt8(value)] }
    var bytes = [pattern | UInt8(limit)]
    var rest = value - limit
    while rest >= 128 {
      bytes.append(UInt8(rest & 127 | 128))
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func string(_ count: Int) -> [UInt8] {
    integer(count, bits: 7) + [UInt8](repeating: 0xFF, count: count)
  }

  /// HEADERS and CONTINUATION, with padding and a priority in the first one.
  private static func frames(_ block: [UInt8], padding: Int? = nil, isPrioritized: Bool) -> [UInt8]
  {
    var bytes: [UInt8] = []
    var rest = block[...]
    var isFirst = true
    repeat {
      let part = Array(rest.prefix(frameSize - 300))
      rest = rest.dropFirst(part.count)
      var payload = part
      var flags: UInt8 = rest.isEmpty ? 4 : 0
      if isFirst {
        if isPrioritized {
          payload = [0, 0, 0, 0, 15] + payload
          flags |= 0x20
        }
        if let padding {
          payload = [UInt8(padding)] + payload + [UInt8](repeating: 0, count: padding)
          flags |= 8
        }
      }
      bytes += [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), isFirst ? 1 : 9, flags]
      bytes += [0, 0, 0, 1] + payload
      isFirst = false
    } while !rest.isEmpty
    return bytes
  }

  private func refusal(of bytes: [UInt8], step: Int) -> InboundFrames.Refusal? {
    var frames = InboundFrames(limits: FloodGuard.Limits())
    var input = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
    input += bytes
    var start = 0
    while start < input.count {
      var rest = input[start..<min(start + step, input.count)]
      start = rest.endIndex
      while !rest.isEmpty {
        let piece = Array(rest).withUnsafeBytes {
          frames.next(in: $0.bytes, now: MonotonicTime(nanoseconds: 1))
        }
        if let refusal = piece.refusal { return refusal }
        rest = rest.dropFirst(piece.count)
      }
    }
    return nil
  }

  @Test(arguments: [1, 7, 4096, 1 << 20], [nil, 0, 255])
  func `finds a value that is too long, and none at the limit`(step: Int, padding: Int?) {
    for (length, expected) in [(65_536, nil), (65_537, .fieldTooLong)]
      as [(Int, InboundFrames.Refusal?)]
    {
      // An index, a table size update, a literal with an index of two bytes, then the long one.
      let block =
        [0x82, 0x3F, 0xE1, 0x1F, 0x7F, 0x00] + Self.string(3) + [0x00] + Self.string(1)
        + Self.string(length) + [0x84]
      for isPrioritized in [false, true] {
        let frames = Self.frames(block, padding: padding, isPrioritized: isPrioritized)
        #expect(refusal(of: frames, step: step) == expected)
      }
    }
  }

  @Test func `finds a name that is too long`() {
    let block = [0x40] + Self.string(65_537) + Self.string(1)
    #expect(refusal(of: Self.frames(block, isPrioritized: false), step: 5000) == .fieldTooLong)
  }

  @Test func `what follows a block of several frames is not part of it`() {
    var bytes = Self.frames(
      [0x00] + Self.string(1) + Self.string(20_000), isPrioritized: false)
    // DATA that would be the length of a long string.
    let data: [UInt8] = [0x00, 0x01, 0x61, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F]
    bytes += [0, 0, UInt8(data.count), 0, 0, 0, 0, 0, 1] + data
    #expect(refusal(of: bytes, step: 1000) == nil)
  }
}
