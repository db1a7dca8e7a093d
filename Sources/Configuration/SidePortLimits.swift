internal import Manifests
internal import SidePort

/// What clients of the side port may take (docs/limits.md).
package struct SidePortLimits: Sendable, Equatable {
  package var connections = ClientLimits().connections
  /// Of one request, from its first byte to the last one of its answer.
  package var requestTimeout = ClientLimits().requestTimeout
  /// The names that browsers may use, beside `localhost` and addresses.
  package var hosts: [String] = []

  /// Prometheus, the kubelet and people need a dozen.
  package static let maxConnections = 10_000

  package init() {}

  init(_ settings: Settings) throws(UsageError) {
    if let setting = settings[.httpHosts] { hosts = try setting.hostNames() }
    if let setting = settings[.httpMaxConnections] {
      connections = try setting.number(in: 1...Self.maxConnections)
    }
    if let setting = settings[.httpRequestTimeout] {
      requestTimeout = try setting.duration(atLeast: .seconds(1))
    }
  }
}

extension Setting {
  /// Names without scheme and port, separated by commas.
  fileprivate func hostNames() throws(UsageError) -> [String] {
    let names = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    for name in names where name.isEmpty || !name.utf8.allSatisfy(AddressProblem.isHostByte) {
      throw UsageError(
        "\(self.name) is \"\(value)\", but has to be the names of hosts, such as "
          + "headstart.example.com; several are separated by commas")
    }
    return names
  }
}
