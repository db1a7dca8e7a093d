internal import AdminHTTP
internal import Configuration
internal import EventLoop
internal import HTTPClient
internal import Kubernetes
internal import Scaling
internal import Telemetry

/// Passes wake-ups on to the other replicas, so that whichever KEDA asks agrees.
///
/// Every replica stands behind one name, that of a headless Service; its addresses are asked for
/// anew each time, because replicas come and go. One of them is this very process, which knows its
/// own call by the identity in it.
///
/// Confined to the control loop.
final class PeerCaller {
  private let loop: EventLoop
  private let addresses: [ListenAddress]
  private let identity: String
  private let isSecure: Bool
  private let tls: HTTPRequest.TLSFiles
  private let client: HTTPClient
  private var token: TokenFile?

  /// Of one call, which a peer in direct mode answers when its target is scaled.
  private static let limit = Duration.seconds(4)
  /// More replicas than anybody runs; a name with more addresses is a mistake.
  private static let maximumPeers = 100

  init(
    loop: EventLoop, configuration: ServeConfiguration, identity: String
  ) throws(EventLoopError) {
    self.loop = loop
    addresses = configuration.wakeUp.peers
    self.identity = identity
    isSecure = configuration.httpTLS != nil
    tls = HTTPRequest.TLSFiles(caFile: configuration.wakeUp.peersAuthorities)
    token = configuration.httpTokenFile.map { TokenFile(path: $0) }
    client = try HTTPClient(loop: loop, userAgent: "headstart/\(Version.number)")
  }

  func shutDown() {
    client.shutdown()
  }

  /// - Parameter completion: called once, on the loop, with every peer but this process.
  func tell(
    _ policy: ResourceName, at instant: Instant,
    completion: @escaping ([WakeUpReport.Peer]) -> Void
  ) {
    let gathering = Gathering(names: addresses.count, completion: completion)
    for address in addresses {
      guard let host = address.host else { continue }
      NameLookup.addresses(of: host, port: address.port, on: loop) { [weak self] result in
        switch result {
        case .failure(let error):
          gathering.answered(
            WakeUpReport.Peer(address: address.description, error: error.description))
        case .success(let found):
          let peers = found.prefix(Self.maximumPeers).map(\.description)
          gathering.found(peers.count)
          for peer in peers { self?.call(peer, of: address, policy, instant, gathering) }
        }
      }
    }
  }

  private func call(
    _ peer: String, of address: ListenAddress, _ policy: ResourceName, _ instant: Instant,
    _ gathering: Gathering
  ) {
    client.send(request(to: peer, of: address, policy, instant)) { result in
      gathering.answered(Self.peer(peer, result))
    }
  }

  /// Answers that are still to come.
  private final class Gathering {
    private var left: Int
    private var peers: [WakeUpReport.Peer] = []
    private let completion: ([WakeUpReport.Peer]) -> Void

    init(names: Int, completion: @escaping ([WakeUpReport.Peer]) -> Void) {
      left = names
      self.completion = completion
    }

    /// In place of a name come so many addresses: at least one, for a lookup without any has failed.
    func found(_ count: Int) {
      left += count - 1
    }

    func answered(_ peer: WakeUpReport.Peer?) {
      if let peer { peers.append(peer) }
      left -= 1
      if left == 0 { completion(peers.sorted { $0.address < $1.address }) }
    }
  }

  private func request(
    to peer: String, of address: ListenAddress, _ policy: ResourceName, _ instant: Instant
  ) -> HTTPRequest {
    let path = [policy.namespace ?? "-", policy.name].map(PercentEncoding.encode)
      .joined(separator: "/")
    var headers = [HTTPField(WakeUpCall.forwarderHeader, identity)]
    if let secret = try? token?.read().secret {
      headers.append(HTTPField("Authorization", "Bearer \(secret)"))
    }
    let query = "?at=\(PercentEncoding.encode(instant.rfc3339))"
    var request = HTTPRequest(
      method: .post,
      url: "\(isSecure ? "https" : "http")://\(address)/api/v1/wake/\(path)\(query)",
      headers: headers, body: [], timeout: Self.limit, connectTimeout: .seconds(1), tls: tls,
      redirects: .returned, version: .http1)
    request.connectTo = peer
    return request
  }

  /// Nil for this very process.
  private static func peer(
    _ address: String, _ result: Result<HTTPResponse, HTTPFailure>
  ) -> WakeUpReport.Peer? {
    switch result {
    case .failure(let failure):
      return WakeUpReport.Peer(address: address, error: failure.message)
    case .success(let response):
      switch response.status {
      case 202:
        let report = try? JSONValue(response.body)
        return WakeUpReport.Peer(address: address, target: report?["target"]?["result"]?.text)
      case 200: return nil
      default:
        return WakeUpReport.Peer(
          address: address,
          error: "HTTP status \(response.status): "
            + String(decoding: response.body.prefix(200), as: UTF8.self))
      }
    }
  }
}
