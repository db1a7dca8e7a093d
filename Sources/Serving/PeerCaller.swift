internal import Configuration
internal import EventLoop
internal import HTTPClient
internal import SidePort
internal import Telemetry

/// Calls every other replica at once.
///
/// Every replica stands behind one name, that of a headless Service; its addresses are looked up
/// each time, because replicas come and go. An address that several names have is called once. One of
/// them is this very process, which knows its own call by the identity in it.
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
  /// What waits for a second try.
  private var retries: [UInt64: LoopTimer] = [:]
  private var serial: UInt64 = 0

  /// A replica that is starting is called once more after so long.
  private static let pause = Duration.seconds(1)
  /// More replicas than anybody runs; a name with more addresses is a mistake.
  private static let maximumPeers = 100

  /// What every peer is asked.
  struct Call {
    var method: HTTPRequest.Method
    /// With the query.
    var target: String
    /// Of one peer's answer.
    var limit: Duration
    /// The limit of a second call to a peer that is starting, which answers 503; nil for no second
    /// call.
    var secondLimit: Duration?
    var maximumResponseSize = HTTPRequest.Defaults.maximumResponseSize
    /// JSON, of a call that is no GET.
    var body: [UInt8] = []
  }

  /// What one peer said, or why it could not be asked: one sentence.
  struct Answer {
    var address: String
    var result: Result<HTTPResponse, Problem>

    struct Problem: Error {
      var sentence: String
    }

    init(address: String, result: Result<HTTPResponse, Problem>) {
      self.address = address
      self.result = result
    }

    init(address: String, _ result: Result<HTTPResponse, HTTPFailure>) {
      self.init(address: address, result: result.mapError { Problem(sentence: $0.message) })
    }
  }

  /// - Parameter identity: differs from every other replica's.
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
    retries = [:]
    client.shutdown()
  }

  /// - Parameter completion: called once, on the loop, with what every address said, this process's
  ///   own among them.
  func callAll(_ call: Call, completion: @escaping ([Answer]) -> Void) {
    let gathering = Gathering(names: addresses.count, completion: completion)
    for address in addresses {
      guard let host = address.host else { continue }
      NameLookup.addresses(of: host, port: address.port, on: loop) { [weak self] result in
        switch result {
        case .failure(let error):
          gathering.answered(
            Answer(
              address: address.description, result: .failure(.init(sentence: error.description))))
        case .success(let found):
          let peers = gathering.found(found.prefix(Self.maximumPeers).map(\.description))
          for peer in peers { self?.send(call, to: peer, of: address, gathering) }
        }
      }
    }
  }

  private func send(
    _ call: Call, to peer: String, of address: ListenAddress, _ gathering: Gathering
  ) {
    let start = loop.now
    client.send(request(call, to: peer, of: address)) { [weak self] result in
      guard let self, let limit = call.secondLimit, Self.isStarting(result),
        loop.now - start < Self.pause
      else { return gathering.answered(Answer(address: peer, result)) }
      afterPause { [unowned self] in
        var request = request(call, to: peer, of: address)
        request.timeout = limit
        client.send(request) { gathering.answered(Answer(address: peer, $0)) }
      }
    }
  }

  private func request(_ call: Call, to peer: String, of address: ListenAddress) -> HTTPRequest {
    var headers = [HTTPField(WakeUpCall.forwarderHeader, identity)]
    if let secret = try? token?.read().secret {
      headers.append(HTTPField("Authorization", "Bearer \(secret)"))
    }
    if !call.body.isEmpty { headers.append(HTTPField("Content-Type", "application/json")) }
    var request = HTTPRequest(
      method: call.method, url: "\(isSecure ? "https" : "http")://\(address)\(call.target)",
      headers: headers, body: call.method == .get ? nil : call.body, timeout: call.limit,
      connectTimeout: .seconds(1), tls: tls, redirects: .returned,
      maximumResponseSize: call.maximumResponseSize, version: .http1)
    request.connectTo = peer
    return request
  }

  private static func isStarting(_ result: Result<HTTPResponse, HTTPFailure>) -> Bool {
    guard case .success(let response) = result else { return false }
    return response.status == 503
  }

  private func afterPause(_ work: @escaping () -> Void) {
    serial += 1
    let ticket = serial
    let timer = try? LoopTimer(on: loop) { [unowned self] in
      retries[ticket] = nil
      work()
    }
    guard let timer else { return work() }
    timer.start(after: Self.pause)
    retries[ticket] = timer
  }

  /// Answers that are still to come.
  private final class Gathering {
    private var left: Int
    private var called: Set<String> = []
    private var answers: [Answer] = []
    private let completion: ([Answer]) -> Void

    init(names: Int, completion: @escaping ([Answer]) -> Void) {
      left = names
      self.completion = completion
    }

    /// In place of a name come its addresses.
    ///
    /// - Returns: those that no other name has brought.
    func found(_ addresses: [String]) -> [String] {
      let added = addresses.filter { called.insert($0).inserted }
      left += added.count - 1
      endIfDone()
      return added
    }

    func answered(_ answer: Answer) {
      answers.append(answer)
      left -= 1
      endIfDone()
    }

    private func endIfDone() {
      guard left == 0 else { return }
      completion(answers.sorted { $0.address < $1.address })
    }
  }
}
