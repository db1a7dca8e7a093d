package import Telemetry

/// One header of a request. Its value may be a credential, so no text conversion shows it.
package struct HTTPField: Hashable, Sendable {
  package var name: String
  package var value: Redacted

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = Redacted(value)
  }

  /// What is wrong with it, as one sentence; nil when it may be sent.
  ///
  /// A line break in a value would smuggle in further headers (RFC 9110 sections 5.1 and 5.5).
  var problem: String? {
    guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
      return "the header name \"\(Excerpt.text(of: name))\" is empty or has a character that is"
        + " not allowed in one"
    }
    guard value.secret.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
      return "the value of the header \(name) has a line break or another control character"
    }
    return nil
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
