package import EventLoop

/// How wake-ups are taken and passed on.
package struct WakeUpConfiguration: Sendable, Equatable {
  /// Of one target, by all replicas together.
  package var perMinute = 60
  /// The side ports of all replicas, this one among them; empty where there is one only. A name may
  /// stand for many.
  package var peers: [ListenAddress] = []
  /// What the peers' certificates must chain to; nil for the system's.
  package var peersAuthorities: String?

  package static let maximumPerMinute = 60_000

  package init() {}

  init(_ settings: Settings) throws(UsageError) {
    if let setting = settings[.wakeUpLimit] {
      perMinute = try setting.number(in: 1...Self.maximumPerMinute)
    }
    if let setting = settings[.peers] { peers = try setting.peers() }
    if let setting = settings[.peersAuthoritiesFile] {
      guard !peers.isEmpty else {
        throw UsageError("\(setting.name) is given, but not --peers: no one would be called")
      }
      peersAuthorities = setting.value
    }
  }
}

extension Setting {
  /// More names than anybody has; one name stands for all the pods of a Service.
  private static let maximumPeers = 100

  /// Addresses with host and port, separated by commas.
  fileprivate func peers() throws(UsageError) -> [ListenAddress] {
    var peers: [ListenAddress] = []
    for part in value.split(separator: ",", omittingEmptySubsequences: false) {
      guard let address = ListenAddress(String(part)), let host = address.host, address.port > 0,
        host.utf8.allSatisfy(Self.isHostByte)
      else {
        throw UsageError(
          "\(name) is \"\(value)\", but has to be HOST:PORT, such as the name of a headless "
            + "service and the side port; several are separated by commas")
      }
      peers.append(address)
    }
    guard peers.count <= Self.maximumPeers else {
      throw UsageError(
        "\(name) names \(peers.count) addresses, but may name \(Self.maximumPeers)")
    }
    return peers
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: ":"):
      true
    default: false
    }
  }
}
