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

  /// How long `encodedMessage` may become. gRPC's C core refuses responses whose metadata is longer
  /// than 8 KiB, and a long message must not cost the caller the code.
  package static let maxEncodedMessage = 4096

  /// The message as it travels in `grpc-message`: printable ASCII stays, `%` and every other byte
  /// of the UTF-8 text become `%XX` (gRPC over HTTP/2, "Status-Message"). What is too long is cut
  /// off between two characters.
  package var encodedMessage: [UInt8] {
    var encoded: [UInt8] = []
    for scalar in message.unicodeScalars {
      let length = encoded.count
      Self.encode(scalar, to: &encoded)
      guard encoded.count <= Self.maxEncodedMessage else {
        encoded.removeLast(encoded.count - length)
        break
      }
    }
    return encoded
  }

  private static func encode(_ scalar: Unicode.Scalar, to encoded: inout [UInt8]) {
    for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
      if byte >= 0x20, byte <= 0x7E, byte != UInt8(ascii: "%") {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), hexDigit(byte >> 4), hexDigit(byte & 15)]
      }
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }
}
