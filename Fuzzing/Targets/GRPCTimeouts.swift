internal import GRPCWire
internal import Time

extension FuzzTarget {
  /// The header `grpc-timeout`, against a reading that shares nothing with the parser.
  static let grpcTimeout = FuzzTarget("grpc-timeout", maxLength: 16) { bytes throws(Broken) in
    let timeout = GRPCTimeout.parse(bytes.span.bytes)
    try require(timeout == expectedTimeout(bytes), "found \(String(describing: timeout))")
  }

  private static func expectedTimeout(_ bytes: [UInt8]) -> Duration? {
    let units: [UInt8: Duration] = [
      0x48: .seconds(3600), 0x4D: .seconds(60), 0x53: .seconds(1), 0x6D: .milliseconds(1),
      0x75: .microseconds(1), 0x6E: .nanoseconds(1),
    ]
    guard (2...9).contains(bytes.count), let unit = bytes.last.flatMap({ units[$0] }) else {
      return nil
    }
    var timeout = Duration.zero
    for byte in bytes.dropLast() {
      guard (0x30...0x39).contains(byte) else { return nil }
      timeout = timeout * 10 + unit * Int(byte - 0x30)
    }
    return timeout
  }
}
