internal import Configuration
internal import DataSources
internal import EventLoop
internal import HTTPClient
internal import Scaling
internal import StateDirectory
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import Serving

/// What other replicas are asked, and what is taken of their answers.
struct MemoryExchangeTests {
  /// An exchange on loops of its own.
  private final class Setting: Sendable {
    let exchange: MemoryExchange
    let metrics = HeadstartMetrics(version: "test")
    let log = LogRecorder()
    private let loops: [(loop: EventLoop, thread: LoopThread)]

    init(peers: [UInt16], isStarted: Bool = true) throws {
      loops = try ["control", "reader"].map { name in
        let loop = try EventLoop(name: name)
        return (loop, LoopThread(try loop.start()))
      }
      var configuration = ServeConfiguration()
      configuration.wakeUp.peers = peers.map { ListenAddress(host: "127.0.0.1", port: $0) }
      exchange = MemoryExchange(
        loop: loops[0].loop, reader: loops[1].loop, configuration: configuration, identity: "me",
        logger: Logger(output: log), metrics: metrics)
      guard isStarted else { return }
      let exchange = exchange
      try exchange.loop.call {
        Result { try exchange.assumeIsolated { try $0.start() } }
      }?.get()
    }

    deinit {
      let exchange = exchange
      _ = exchange.loop.call { exchange.assumeIsolated { $0.shutDown() } }
      for (loop, thread) in loops { thread.end(loop) }
    }

    /// Asks, and waits for the answers and for what is noted of them.
    func ask<Value: Sendable>(
      _ question:
        @escaping @Sendable (isolated MemoryExchange, @escaping @Sendable ([Value]) -> Void) -> Void
    ) -> [Value]? {
      let exchange = exchange
      let reply = Reply<[Value]>()
      exchange.loop.post { exchange.assumeIsolated { question($0) { reply.give($0) } } }
      let answers = reply.wait(for: .patience)
      _ = exchange.loop.call {}
      return answers
    }

    func askForAll() -> [MemoryExchange.Memories]? { ask { $0.askForAll(completion: $1) } }

    func count(_ result: String) -> String? {
      metrics.count("headstart_peer_memory_calls_total", result)
    }
  }

  private static func serving(_ body: [UInt8]) throws -> ScriptedServer {
    try ScriptedServer(always: .reply(200, String(decoding: body, as: UTF8.self)))
  }

  private static func report(_ answer: Int) -> [UInt8] {
    MemoryReport.text(of: ["shop/web": PolicyMemory(answer: answer)], at: WallClock.now())
  }

  @Test func `a start asks every replica for everything`() throws {
    let servers = [try Self.serving(Self.report(3)), try Self.serving(Self.report(5))]
    defer { for server in servers { server.stop() } }
    let setting = try Setting(peers: servers.map(\.port))
    // A start does not wait for long: on a busy machine an answer may be late.
    var told: [MemoryExchange.Memories]?
    let end = ContinuousClock.now + .patience
    repeat { told = setting.askForAll() } while told?.count != 2 && ContinuousClock.now < end
    #expect(Set(told?.map { $0["shop/web"]?.answer } ?? []) == [3, 5])
    for server in servers {
      let request = try #require(server.requests.last)
      #expect(request.method == "GET")
      #expect(request.target == "/api/v1/memory")
      #expect(request.headers["headstart-forwarded-by"] == "me")
    }
  }

  @Test func `a replica that says nothing of use costs the others nothing, and one line`() throws {
    let servers = [
      try Self.serving(Self.report(3)), try Self.serving(Array("nonsense".utf8)),
      try ScriptedServer(always: .reply(401, "no")),
      // As this very process answers its own call.
      try ScriptedServer(always: .reply(204)),
    ]
    defer { for server in servers { server.stop() } }
    let closed = try ScriptedServer.closedPort()
    let setting = try Setting(peers: servers.map(\.port) + [closed])
    for _ in 0..<2 {
      let told = setting.ask { $0.ask(["shop/web"], completion: $1) }
      #expect(told?.map { $0["shop/web"]?.answer } == [3])
    }
    #expect(setting.count("answered") == "2")
    #expect(setting.count("failed") == "6")
    let lines = setting.log.lines
    #expect(lines.count == 3)
    for (port, problem) in [
      (servers[1].port, "its answer cannot be read"), (servers[2].port, "HTTP status 401"),
      (closed, "onnect"),
    ] {
      #expect(lines.contains { $0.contains("127.0.0.1:\(port)") && $0.contains(problem) })
    }
  }

  @Test func `policies are asked for by name, too many of them all at once`() throws {
    let server = try Self.serving(Self.report(3))
    defer { server.stop() }
    let setting = try Setting(peers: [server.port])
    let some = ["shop/web", "-/a b"]
    // With the line breaks between them the longest question, and one byte more.
    let many = (1001..<1200).map { "shop/\($0)xxxxxxxxxx" }
    let (longest, longer) = (many + ["shop/1200xxxxxxxxxxy"], many + ["shop/1200xxxxxxxxxxyz"])
    #expect(longest.joined(separator: "\n").utf8.count == 4000)
    for keys in [some, longest, longer] {
      let told = setting.ask { $0.ask(keys, completion: $1) }
      #expect(told?.count == 1)
    }
    let targets = server.requests.map(\.target)
    try #require(targets.count == 3)
    #expect(targets[0] == "/api/v1/memory?state=fresh&policy=-%2Fa%20b%0Ashop%2Fweb")
    #expect(targets[1].hasPrefix("/api/v1/memory?state=fresh&policy=shop%2F1001x"))
    #expect(targets[2] == "/api/v1/memory?state=fresh")
  }

  @Test func `files and learnt states are asked for, and told with what they are`() throws {
    let file = KeptFile(
      directory: "/policies", path: "/policies/a.yaml", isObject: false, content: [65])
    let files = try Self.serving(FileReport.text(of: [file]))
    let states = try Self.serving(LearntStateReport.text(of: [[1, 2, 3]]))
    defer {
      files.stop()
      states.stop()
    }
    let fromFiles = try Setting(peers: [files.port]).ask {
      $0.askForFiles(["/policies/a.yaml"], completion: $1)
    }
    #expect(fromFiles == [[file]])
    #expect(
      files.requests.map(\.target) == ["/api/v1/memory/files?path=%2Fpolicies%2Fa.yaml"])
    let fromStates = try Setting(peers: [states.port]).ask {
      $0.askForStates([255, 16], completion: $1)
    }
    #expect(fromStates?.map(\.states) == [[[1, 2, 3]]])
    #expect(fromStates?.map(\.address) == ["127.0.0.1:\(states.port)"])
    #expect(states.requests.map(\.target) == ["/api/v1/memory/forecasts?id=10%0Aff"])
  }

  @Test func `before the start there is no one to ask`() throws {
    let server = try Self.serving(Self.report(3))
    defer { server.stop() }
    let setting = try Setting(peers: [server.port], isStarted: false)
    #expect(setting.askForAll()?.isEmpty == true)
    #expect(server.requests.isEmpty)
  }
}
