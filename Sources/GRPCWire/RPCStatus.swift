/// How an RPC ended: what the trailers `grpc-status` and `grpc-message` say.
package struct RPCStatus: Sendable, Equatable {
  package var code: RPCCode
  /// One sentence for the caller; empty with `.ok`.
  package var message: String

  package init(_ code: RPCCode, _ message: String = "") {
    self.code = code
    self.message = message
  }

  package static let ok = RPCStatus(.ok)

  /// The message as it travels in `grpc-message`: printable ASCII stays, `%` and every other byte
  /// of the UTF-8 text become `%XX` (gRPC over HTTP/2, "Status-Message").
  package var encodedMessage: [UInt8] {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(message.utf8.count)
    for byte in message.utf8 {
      if byte >= 0x20, byte <= 0x7E, byte != UInt8(ascii: "%") {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), Self.hexDigit(byte >> 4), Self.hexDigit(byte & 15)]
      }
    }
    return encoded
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }
}
