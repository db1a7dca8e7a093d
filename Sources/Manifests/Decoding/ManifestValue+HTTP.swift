extension ManifestValue {
  /// The base URL of a server, without a slash at its end.
  func serverAddress() -> String? {
    let expected = "an address such as http://prometheus:9090"
    guard let text = text(expected: expected) else { return nil }
    if let problem = AddressProblem(of: text) {
      // The text may hold a password and is not shown.
      error("expected \(expected); \(problem.sentence)")
      return nil
    }
    var address = Substring(text)
    while address.hasSuffix("/") { address.removeLast() }
    return String(address)
  }

  /// Header fields to send, by name.
  ///
  /// - Parameter authenticated: Whether `Authorization` is already settled by another field.
  func headers(authenticated: Bool) -> [String: String]? {
    guard let entries = textMapping() else { return nil }
    var headers: [String: String] = [:]
    var seen: [String: String] = [:]
    for entry in entries {
      let lowered = entry.name.lowercased()
      let problem: String? =
        if !HTTPSyntax.isToken(entry.name) {
          "\(quoted(entry.name)) is not the name of an HTTP header"
        } else if HTTPSyntax.reserved.contains(lowered) {
          "the header \(entry.name) is set by Headstart itself; leave it out"
        } else if authenticated, lowered == "authorization" {
          "the header \(entry.name) is set by bearerTokenFile or basicAuth; leave one of them out"
        } else if let first = seen[lowered] {
          "the headers \(first) and \(entry.name) are the same one; names differ by more than case"
        } else {
          nil
        }
      if let problem {
        report.error("\(path): \(problem)", at: entry.namePosition)
        continue
      }
      seen[lowered] = entry.name
      headers[entry.name] = entry.value.headerValue()
    }
    return headers
  }

  private func headerValue() -> String? {
    let expected = "the text of an HTTP header"
    guard let text = text(expected: expected) else { return nil }
    guard HTTPSyntax.isFieldValue(text) else {
      // It may be a secret and is not shown.
      error("expected \(expected), found line breaks, control characters or spaces at an end")
      return nil
    }
    return text
  }
}

/// The rules of RFC 9110 for header fields.
private enum HTTPSyntax {
  /// Fields that frame the request or belong to the connection (RFC 9110, sections 7.2 and 7.6.1;
  /// RFC 9112, section 6), or that say in which form Headstart sends and takes its bodies.
  static let reserved: Set<String> = [
    "host", "content-length", "content-type", "content-encoding", "transfer-encoding",
    "connection", "keep-alive", "upgrade", "te", "trailer", "expect", "accept-encoding",
  ]

  /// RFC 9110, section 5.6.2.
  static func isToken(_ text: String) -> Bool {
    let marks = Array("!#$%&'*+-.^_`|~".utf8)
    return !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: marks.contains(byte)
        }
      }
  }

  /// RFC 9110, section 5.5: visible characters, with spaces and tabs only between them.
  static func isFieldValue(_ text: String) -> Bool {
    let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]
    guard let first = text.utf8.first, let last = text.utf8.last, !blanks.contains(first),
      !blanks.contains(last)
    else { return false }
    return text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == UInt8(ascii: "\t") }
  }
}
