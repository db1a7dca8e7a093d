internal import Glibc

/// Why a text is not the base URL of a server (RFC 3986, as far as http and https need it).
package enum AddressProblem: Hashable, Sendable {
  case scheme(String?)
  case userInfo
  case host
  case port(String)
  case queryOrFragment
  /// Of an address that may have a query.
  case fragment
  case character(Unicode.Scalar)
  /// What a cloud tells its machines, keys included.
  case metadata

  /// Visible characters that no address may hold (RFC 3986, appendix A).
  private static let excluded = Set("\"<>\\^`{|}".unicodeScalars)

  /// Nil for a good address.
  ///
  /// - Parameter withQuery: whether it may have one, as that of a file may.
  package init?(of text: String, withQuery: Bool = false) {
    if let bad = text.unicodeScalars.first(where: { $0.value <= 0x20 || $0.value >= 0x7F }) {
      self = .character(bad)
      return
    }
    guard let scheme = AddressProblem.scheme(of: text) else {
      let end = text.utf8.firstRange(of: "://".utf8)?.lowerBound
      self = .scheme(end.map { String(text[..<$0]) })
      return
    }
    let rest = text.utf8.dropFirst(scheme.utf8.count)
    let authority = rest.prefix { !"/?#".utf8.contains($0) }
    if authority.contains(UInt8(ascii: "@")) {
      self = .userInfo
    } else if let problem = AddressProblem.hostAndPort(Substring(authority)) {
      self = problem
    } else if AddressProblem.isMetadata(Substring(authority)) {
      self = .metadata
    } else if withQuery, rest.contains(UInt8(ascii: "#")) {
      self = .fragment
    } else if !withQuery, rest.contains(where: { "?#".utf8.contains($0) }) {
      self = .queryOrFragment
    } else if let bad = text.unicodeScalars.first(where: AddressProblem.excluded.contains) {
      self = .character(bad)
    } else {
      return nil
    }
  }

  /// The rest of a sentence that begins with what was expected.
  package var sentence: String {
    switch self {
    case .scheme(nil): "it has to start with http:// or https://"
    case .scheme(let scheme?): "the scheme \(quoted(scheme)) is not http or https"
    case .userInfo: "a user name or password does not belong there; use basicAuth"
    case .host: "the name of the server is missing or malformed"
    case .port(let port): "the port \(quoted(port)) is not a number from 1 to 65535"
    case .queryOrFragment: "? and # do not belong there, only a path may follow the server"
    case .fragment: "# and what follows it does not belong there"
    case .metadata: "the metadata service of a cloud hands out keys, and is no server for this"
    case .character(let character):
      "the character \(quoted(String(character))) has no place in an address"
    }
  }

  /// By address or name. What a name leads to is checked when it is connected to.
  private static func isMetadata(_ authority: Substring) -> Bool {
    let text = authority.lowercased()
    return metadataHosts.contains { text == $0 || text.hasPrefix($0 + ":") }
  }

  private static let metadataHosts = [
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]",
    "metadata.google.internal", "metadata.google.internal.",
  ]

  private static func scheme(of text: String) -> String? {
    ["http://", "https://"].first { text.prefix($0.count).lowercased() == $0 }
  }

  private static func hostAndPort(_ authority: Substring) -> AddressProblem? {
    var host = authority
    var port: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return .host }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return .host }
      port = rest.isEmpty ? nil : rest.dropFirst()
      var address = in6_addr()
      guard inet_pton(AF_INET6, String(host), &address) == 1 else { return .host }
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      port = authority[authority.index(after: colon)...]
    }
    guard !host.isEmpty, !host.hasPrefix("."), !host.contains("..") else { return .host }
    guard authority.hasPrefix("[") || host.utf8.allSatisfy(isHostByte) else { return .host }
    guard let port else { return nil }
    guard (1...5).contains(port.utf8.count),
      port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(port), (1...65535).contains(number)
    else { return .port(String(port)) }
    return nil
  }

  /// Registered names, as far as DNS and Kubernetes use them.
  package static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
