internal import Configuration
internal import EventLoop
internal import Glibc
internal import HTTPClient
internal import Manifests
internal import Scaling
internal import Telemetry

/// `headstart explain`: asks a running server for a decision and prints how it tells it.
struct ExplainCommand {
  private let flags: FlagParser<ExplainFlag>

  /// The side port of a server on this machine.
  private static let defaultServer = "http://127.0.0.1:8082"

  init(_ arguments: ArraySlice<String>) throws(UsageError) {
    flags = try FlagParser<ExplainFlag>(arguments, switches: ExplainFlag.switches)
  }

  /// - Returns: the exit code.
  /// - Throws: `UsageError` for a command line that cannot be meant or a policy that does not
  ///   exist, `UnreachableServer` where nobody answers.
  func run() throws -> Int32 {
    guard !flags.asksForHelp else {
      Command.write(Usage.explain, to: STDOUT_FILENO)
      return 0
    }
    let url = try url()
    // What the decision shall come as; what is wrong always comes as plain text.
    let contentType = flags.isOn(.json) ? "application/json" : "text/plain"
    let response: HTTPResponse
    switch try ask(url, accept: "\(contentType), text/plain;q=0.5") {
    case .success(let answer): response = answer
    case .failure(let failure): throw UnreachableServer(sentence: failure.message)
    }
    let expected = response.status == 200 ? contentType : "text/plain"
    let isOurs = response.headers["Content-Type"]?.hasPrefix(expected) ?? false
    switch (response.status, isOurs) {
    case (200, true):
      Command.write(String(decoding: response.body, as: UTF8.self), to: STDOUT_FILENO)
      return 0
    case (400..<500, true):
      throw UsageError(Self.sentence(of: response))
    case (500..., true):
      throw UnreachableServer(sentence: Self.sentence(of: response))
    default:
      throw UsageError(
        "\(HTTPURL(url)?.origin ?? url) answered with status \(response.status), but not as"
          + " Headstart's side port does: is --server right?")
    }
  }

  // MARK: Asking

  private func ask(
    _ url: String, accept: String
  ) throws -> Result<HTTPResponse, HTTPFailure> {
    var headers = [HTTPField("Accept", accept)]
    if let path = flags.values[.tokenFile]?.last {
      let token = try SecretFile.read(path)
      headers.append(HTTPField("Authorization", "Bearer \(token.secret)"))
    }
    let request = HTTPRequest(
      url: url, headers: headers, timeout: .seconds(10), connectTimeout: .seconds(5),
      tls: HTTPRequest.TLSFiles(caFile: flags.values[.caFile]?.last))
    let loop = try EventLoop(name: "explain")
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

  private func url() throws(UsageError) -> String {
    guard let operand = flags.operands.first, flags.operands.count == 1 else {
      throw UsageError(
        "explain needs the name of one policy: headstart explain NAME [--namespace=NAMESPACE]")
    }
    let (namespace, name) = try Self.name(operand, namespace: flags.values[.namespace]?.last)
    let server = try Self.server(flags.values[.server]?.last ?? Self.defaultServer)
    let path =
      "/api/v1/decisions/\(PercentEncoding.encode(namespace))/\(PercentEncoding.encode(name))"
    guard let text = flags.values[.at]?.last, text != "now" else { return server + path }
    let time = try CommandInput.time(text, flag: ExplainFlag.at.rawValue, now: WallClock.now())
    return "\(server)\(path)?at=\(time.rfc3339)"
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

  private static func server(_ text: String) throws(UsageError) -> String {
    let base = String(text.reversed().drop { $0 == "/" }.reversed())
    guard let problem = AddressProblem(of: base) else { return base }
    // A password that may be in it stays out of the message.
    let shown = text.contains("@") ? "" : " is \"\(text.prefix(200))\""
    throw UsageError("flag --server\(shown): \(problem.sentence)")
  }

  /// What the server says is wrong.
  private static func sentence(of response: HTTPResponse) -> String {
    String(decoding: response.body.prefix(1000), as: UTF8.self)
      .split(separator: "\n").first.map(String.init) ?? "status \(response.status)"
  }
}
