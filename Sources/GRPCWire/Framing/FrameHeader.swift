/// The nine bytes in front of every frame of HTTP/2 (RFC 9113, 4.1).
struct FrameHeader: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case data, headers, priority, reset, settings, ping, windowUpdate, continuation
    /// PUSH_PROMISE and GOAWAY, of which a client has little to send, and extensions.
    case other
  }

  /// The bytes of the payload.
  let length: Int
  let kind: Kind
  let stream: UInt32
  private let flags: UInt8

  /// - Precondition: `bytes` are nine.
  init(_ bytes: RawSpan) {
    length = Int(bytes.number32(at: 0) >> 8)
    kind =
      switch bytes.byte(at: 3) {
      case 0: .data
      case 1: .headers
      case 2: .priority
      case 3: .reset
      case 4: .settings
      case 6: .ping
      case 8: .windowUpdate
      case 9: .continuation
      default: .other
      }
    flags = bytes.byte(at: 4)
    stream = bytes.number32(at: 5) & 0x7FFF_FFFF
  }

  /// END_STREAM, of DATA and HEADERS.
  var endsStream: Bool { flags & 0x1 != 0 }
  /// END_HEADERS, of HEADERS and CONTINUATION.
  var endsHeaders: Bool { flags & 0x4 != 0 }
  /// PADDED, of DATA and HEADERS.
  var isPadded: Bool { flags & 0x8 != 0 }
  /// PRIORITY, of HEADERS.
  var isPrioritized: Bool { flags & 0x20 != 0 }
}
