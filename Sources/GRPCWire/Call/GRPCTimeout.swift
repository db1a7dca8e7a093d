internal import Time

/// The header `grpc-timeout`: one to eight digits and a unit (gRPC over HTTP/2, "Timeout").
package enum GRPCTimeout {
  /// The most digits that the value may have.
  package static let maxDigits = 8

  /// The timeout, or nil when `text` is not exactly digits and one of the units H, M, S, m, u, n.
  package static func parse(_ text: RawSpan) -> Duration? {
    let digits = text.byteCount - 1
    guard (1...maxDigits).contains(digits) else { return nil }
    var value: Int64 = 0
    for offset in 0..<digits {
      let byte = text.byte(at: offset)
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    return switch text.byte(at: digits) {
    case UInt8(ascii: "H"): .seconds(value * 3600)
    case UInt8(ascii: "M"): .seconds(value * 60)
    case UInt8(ascii: "S"): .seconds(value)
    case UInt8(ascii: "m"): .milliseconds(value)
    case UInt8(ascii: "u"): .microseconds(value)
    case UInt8(ascii: "n"): .nanoseconds(value)
    default: nil
    }
  }
}
