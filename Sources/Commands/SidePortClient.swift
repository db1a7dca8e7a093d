internal import Configuration
internal import EventLoop
internal import HTTPClient
internal import Manifests
internal import Serving
internal import Telemetry

/// Asks the side port of a running server, as `explain` and the commands for overrides do.
struct SidePortClient {
  private let server: String
  private let tokenFile: String?
  private let caFile: String?

  init(server: String, tokenFile: String?, caFile: String?) throws(UsageError) {
    self.server = try Self.checked(server)
    self.tokenFile = tokenFile
    self.caFile = caFile
  }

  /// - Parameters:
  ///   - path: with the query.
  ///   - contentType: of a good answer; what is wrong always comes as plain text.
  ///   - body: JSON; nil for none.
  /// - Returns: the answer, fit for a terminal.
  /// - Throws: `UsageError` for what the server calls wrong, `UnreachableServer` where no one answers.
  func ask(
    _ path: String, as contentType: String, method: HTTPRequest.Method = .get,
    body: [UInt8]? = nil
  ) throws -> String {
    let response: HTTPResponse
    let accept = "\(contentType), text/plain;q=0.5"
    switch try send(server + path, accept: accept, method: method, body: body) {
    case .success(let answer): response = answer
    case .failure(let failure): throw UnreachableServer(sentence: failure.message)
    }
    let isGood = (200..<300).contains(response.status)
    let expected = isGood ? contentType : "text/plain"
    let isOurs = response.headers["Content-Type"]?.hasPrefix(expected) ?? false
    switch (response.status, isOurs) {
    case (200..<300, true):
      return Command.visible(Excerpt.hidingSecrets(in: response.body))
    case (400..<500, true):
      throw UsageError(Self.sentence(of: response))
    case (500..., true):
      throw UnreachableServer(sentence: Self.sentence(of: response))
    default:
      throw UsageError(
        "\(HTTPURL(server)?.origin ?? server) answered with status \(response.status), but not as"
          + " Headstart's side port does: is --server right?")
    }
  }

  // MARK: Asking

  private func send(
    _ url: String, accept: String, method: HTTPRequest.Method, body: [UInt8]?
  ) throws -> Result<HTTPResponse, HTTPFailure> {
    var headers = [HTTPField("Accept", accept)]
    if body != nil { headers.append(HTTPField("Content-Type", "application/json")) }
    if let tokenFile {
      let token = try SecretFile.read(tokenFile)
      headers.append(HTTPField("Authorization", "Bearer \(token.secret)"))
    }
    let request = HTTPRequest(
      method: method, url: url, headers: headers, body: body, timeout: .seconds(10),
      connectTimeout: .seconds(5), tls: HTTPRequest.TLSFiles(caFile: caFile))
    let loop = try EventLoop(name: "asking")
    let asker = Asker(loop: loop)
    let thread = try loop.start()
    let reply = Reply<Result<HTTPResponse, HTTPFailure>>()
    loop.post { asker.assumeIsolated { $0.ask(request, reply: reply) } }
    // The request itself ends within its timeout.
    let answer = reply.wait(for: nil)
    _ = loop.call { asker.assumeIsolated { $0.shutDown() } }
    loop.stop()
    thread.join()
    guard let answer else { throw UnreachableServer(sentence: "the request was lost") }
    return answer
  }

  /// Sends one request. Confined to its loop, as the client is.
  private actor Asker {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private var client: HTTPClient?

    init(loop: EventLoop) {
      self.loop = loop
    }

    func ask(_ request: HTTPRequest, reply: Reply<Result<HTTPResponse, HTTPFailure>>) {
      do {
        let client = try HTTPClient(loop: loop, userAgent: "headstart/\(Version.number)")
        self.client = client
        client.send(request) { reply.give($0) }
      } catch {
        reply.give(.failure(HTTPFailure(kind: .invalidRequest, message: "\(error)")))
      }
    }

    func shutDown() {
      client?.shutdown()
      client = nil
    }
  }

  // MARK: Reading the command line

  /// The part of a path that names a policy: `shop/checkout`, encoded.
  ///
  /// - Parameters:
  ///   - operand: NAME or NAMESPACE/NAME.
  ///   - namespace: of the flag.
  static func policy(_ operand: String, namespace: String?) throws(UsageError) -> String {
    let (namespace, name) = try name(operand, namespace: namespace)
    return "\(PercentEncoding.encode(namespace))/\(PercentEncoding.encode(name))"
  }

  private static func name(
    _ operand: String, namespace: String?
  ) throws(UsageError) -> (namespace: String, name: String) {
    let parts = operand.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, !parts.contains("") else {
      throw UsageError("\"\(operand.prefix(100))\" is not a policy: write NAME or NAMESPACE/NAME")
    }
    guard parts.count == 2 else {
      guard namespace != "" else { throw UsageError("flag --namespace is empty") }
      return (namespace ?? "default", operand)
    }
    guard namespace == nil || namespace == parts[0] else {
      throw UsageError(
        "\(operand.prefix(100)) names another namespace than --namespace \(namespace ?? "")")
    }
    return (parts[0], parts[1])
  }

  private static func checked(_ text: String) throws(UsageError) -> String {
    let base = String(text.reversed().drop { $0 == "/" }.reversed())
    guard let problem = AddressProblem(of: base) else { return base }
    // A password that may be in it stays out of the message.
    let shown = text.contains("@") ? "" : " is \"\(text.prefix(200))\""
    throw UsageError("flag --server\(shown): \(problem.sentence)")
  }

  /// What the server says is wrong.
  private static func sentence(of response: HTTPResponse) -> String {
    Excerpt.hidingSecrets(in: response.body.prefix(1000))
      .split(separator: "\n").first.map { Command.visible(String($0)) }
      ?? "status \(response.status)"
  }
}
