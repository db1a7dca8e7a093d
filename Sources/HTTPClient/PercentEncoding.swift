/// Percent-encoding of query strings and form bodies.
package enum PercentEncoding {
  /// Everything but RFC 3986's unreserved characters is escaped, so the result means the same in
  /// a query string and in `application/x-www-form-urlencoded`.
  package static func encode(_ text: String) -> String { encode(bytes: text.utf8) }

  /// Of any bytes, which need not be UTF-8.
  package static func encode(bytes: some Collection<UInt8>) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(bytes.count + bytes.count / 2)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.append(byte)
      default:
        encoded.append(UInt8(ascii: "%"))
        encoded.append(digits[Int(byte >> 4)])
        encoded.append(digits[Int(byte & 15)])
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static let digits = Array("0123456789ABCDEF".utf8)
}
