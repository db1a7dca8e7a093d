/// The Prometheus servers that the triggers of an ElastiService may name.
///
/// Whoever may write an ElastiService is a tenant; where Headstart connects to is the operator's
/// decision (design section 4).
package struct TriggerServers: Hashable, Sendable {
  /// Base URLs without a slash at their end; nil for any address, where manifests are checked
  /// without the flags that they will be used with.
  package var allowed: [String]?
  /// For triggers that name none; one of `allowed`.
  package var standard: String?
  /// The limit of one request.
  package var timeout: Duration
  /// How often each query is asked.
  package var refresh: Duration
  /// Sent as `Authorization` by triggers that have no such header of their own; a secret.
  package var authorization: String?

  /// - Parameter standard: nil for the first that is allowed.
  package init(
    allowed: [String]?, standard: String? = nil,
    timeout: Duration = DataSource.Defaults.timeout,
    refresh: Duration = DataSource.Defaults.refresh
  ) {
    self.allowed = allowed
    self.standard = standard ?? allowed?.first
    self.timeout = timeout
    self.refresh = refresh
  }

  package static let none = TriggerServers(allowed: [])
  package static let any = TriggerServers(allowed: nil)

  /// Scheme and host are compared without regard to case (RFC 3986, section 6.2.2.1), the path
  /// exactly.
  ///
  /// - Returns: the address as the operator wrote it; nil for one that is not allowed.
  package func find(_ address: String) -> String? {
    guard let allowed else { return address }
    let wanted = Self.normalized(address)
    return allowed.first { Self.normalized($0) == wanted }
  }

  private static func normalized(_ address: String) -> String {
    guard let scheme = address.utf8.firstRange(of: "://".utf8) else { return address }
    let rest = address[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    return address[..<scheme.upperBound].lowercased() + authority.lowercased()
      + rest.dropFirst(authority.count)
  }
}
