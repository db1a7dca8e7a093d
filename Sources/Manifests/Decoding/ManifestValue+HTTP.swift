internal import Scaling

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

  /// Header fields whose values are in files: names and paths.
  ///
  /// - Parameter others: the headers that are given in place.
  func headerFiles(beside others: [String: String]) -> [String: String]? {
    guard let entries = textMapping() else { return nil }
    var files: [String: String] = [:]
    var seen = Set(others.keys.map { $0.lowercased() })
    for entry in entries {
      let lowered = entry.name.lowercased()
      if !HTTPSyntax.isToken(entry.name) || HTTPSyntax.reserved.contains(lowered) {
        report.error(
          "\(path): \(quoted(entry.name)) is not the name of a header that can be set",
          at: entry.namePosition)
      } else if !seen.insert(lowered).inserted {
        report.error(
          "\(path): the header \(entry.name) is given twice", at: entry.namePosition)
      }
      files[entry.name] = entry.value.text(expected: "the path of a file")
    }
    return files
  }

  /// Whose headers are read, and who says `Authorization` then.
  enum HeaderOwner: Equatable {
    case source
    /// A data source of which this field says it.
    case sourceWith(String)
    /// A signal, whose author is not the operator of the data source.
    case signal
  }

  /// Header fields to send, by name.
  func headers(of owner: HeaderOwner) -> [String: String]? {
    guard let entries = textMapping(hint: "write {X-Scope-OrgID: team-a}") else { return nil }
    var headers: [String: String] = [:]
    var seen: [String: String] = [:]
    for entry in entries {
      let lowered = entry.name.lowercased()
      let problem: String? =
        if !HTTPSyntax.isToken(entry.name) {
          "\(quoted(entry.name)) is not the name of an HTTP header"
        } else if HTTPSyntax.reserved.contains(lowered) {
          "the header \(entry.name) is set by Headstart itself; leave it out"
        } else if case .sourceWith(let field) = owner, lowered == "authorization" {
          "the header \(entry.name) is set by \(field); leave one of them out"
        } else if owner == .signal, HTTPSyntax.credentials.contains(lowered) {
          "the header \(entry.name) is a credential, and belongs to the data source"
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

  /// Parameters to send with every query, by name.
  func queryParameters(_ rules: QueryParameters) -> [String: String]? {
    guard let entries = textMapping(hint: "write {dedup: \"true\"}") else { return nil }
    var parameters: [String: String] = [:]
    for entry in entries {
      if rules.reserved.contains(entry.name) {
        report.error(
          "\(path): the parameter \(entry.name) is set by Headstart itself; leave it out",
          at: entry.namePosition)
      } else if entry.name.isEmpty {
        report.error("\(path): the name of a parameter is empty", at: entry.namePosition)
      }
      let expected = "the text of a query parameter"
      parameters[entry.name] =
        rules == .http
        ? entry.value.timedText(expected)?.text : entry.value.text(expected: expected)
    }
    return parameters
  }

  /// The base URL of an HTTP proxy.
  func proxyAddress() -> String? {
    let expected = "the address of a proxy such as http://proxy:3128"
    guard let text = text(expected: expected) else { return nil }
    guard let problem = AddressProblem(of: text) else { return text }
    let hint =
      problem == .userInfo ? "a user name or password does not belong there" : problem.sentence
    error("expected \(expected); \(hint)")
    return nil
  }

  func headerValue() -> String? {
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

/// Which query parameters a manifest may give.
enum QueryParameters {
  /// All but those of Prometheus's API.
  case prometheus
  /// Any, with times in them.
  case http
  /// All but those of the client credentials grant.
  case token

  var reserved: Set<String> {
    switch self {
    case .prometheus: ["query", "time", "timeout", "start", "end", "step"]
    case .http: []
    case .token: ["grant_type", "client_id", "client_secret", "scope"]
    }
  }
}

/// The rules of RFC 9110 for header fields.
enum HTTPSyntax {
  /// Fields that frame the request or belong to the connection (RFC 9110, sections 7.2 and 7.6.1;
  /// RFC 9112, section 6), or that say in which form Headstart sends and takes its bodies.
  static let reserved: Set<String> = [
    "host", "content-length", "content-type", "content-encoding", "transfer-encoding",
    "connection", "keep-alive", "upgrade", "te", "trailer", "expect", "accept-encoding",
  ]

  static let credentials: Set<String> = ["authorization", "cookie", "proxy-authorization"]

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
