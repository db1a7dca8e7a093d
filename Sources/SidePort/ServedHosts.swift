/// Which browsers may use the side port: those that show a page of this very port, under a name that
/// it is known by.
///
/// Without the check any page that somebody opens could wake workloads inside his network, or read
/// decisions through a name of its own that leads here (DNS rebinding). A browser adds `Origin` or
/// `Sec-Fetch-Site` to what a page asks for; but neither where a page reads what it takes for its own
/// site over plain HTTP, so that reading is kept from it by a token or TLS only. Other clients send
/// neither, and are not concerned.
package struct ServedHosts: Sendable, Equatable {
  private let names: Set<String>

  /// - Parameter names: beside `localhost` and addresses, which cannot be names of others.
  package init(_ names: [String] = []) {
    self.names = Set(names.map(Self.canonical))
  }

  /// The answer to a request that may not pass; nil for one that may.
  ///
  /// - Parameters:
  ///   - host: the header `Host`.
  ///   - origin: the header `Origin`.
  ///   - site: the header `Sec-Fetch-Site`.
  func refusal(host: String?, origin: String?, site: String?) -> SidePortResponse? {
    guard origin != nil || site != nil else { return nil }
    if site?.lowercased() == "cross-site" {
      return .error(403, "Sec-Fetch-Site is cross-site: pages of other sites may not ask this port")
    }
    let authority = host?.lowercased() ?? ""
    let name = Self.name(of: authority)
    guard isServed(name) else {
      return .error(
        403,
        "browsers are not served under the name \"\(name.prefix(253))\": --http-hosts has to list it"
      )
    }
    guard let origin else { return nil }
    let own = Self.authority(ofOrigin: origin.lowercased())
    guard own == authority || own.map({ names.contains(Self.name(of: $0)) }) == true else {
      return .error(
        403,
        "Origin is \"\(origin.prefix(253))\": pages of other sites may not ask this port; it is "
          + "\"\(authority.prefix(253))\" itself, and what --http-hosts lists")
    }
    return nil
  }

  private func isServed(_ name: String) -> Bool {
    name == "localhost" || Self.isAddress(name) || names.contains(name)
  }

  private static func isAddress(_ name: String) -> Bool {
    if name.hasPrefix("[") { return name.hasSuffix("]") }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  /// `http://name:port` without its scheme; nil for `null` and what else is no origin.
  private static func authority(ofOrigin origin: String) -> String? {
    for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
      return String(origin.dropFirst(scheme.count))
    }
    return nil
  }

  private static func name(of authority: String) -> String {
    let end =
      authority.hasPrefix("[")
      ? authority.firstIndex(of: "]").map { authority.index(after: $0) }
      : authority.firstIndex(of: ":")
    return canonical(String(authority[..<(end ?? authority.endIndex)]))
  }

  /// Without the dot that ends an absolute name.
  private static func canonical(_ name: String) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }
}
