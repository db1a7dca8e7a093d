internal import Configuration
internal import EventLoop
internal import HTTPClient
internal import Scaling
internal import SidePort
internal import Synchronization
internal import TestKit
internal import Testing
internal import Time

@testable internal import Serving

/// Calls to the other replicas.
struct PeerCallerTests {
  /// A caller on a loop of its own.
  private actor Caller {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private nonisolated let thread: LoopThread
    private var caller: PeerCaller?

    init() throws {
      loop = try EventLoop(name: "test")
      thread = LoopThread(try loop.start())
    }

    func start(_ configuration: ServeConfiguration) throws {
      caller = try PeerCaller(loop: loop, configuration: configuration, identity: "me")
    }

    func callAll(_ call: PeerCaller.Call, _ reply: Reply<[Answer]>) {
      caller?.callAll(call) { answers in reply.give(answers.map(Answer.init)) }
    }

    func tell(_ policy: ResourceName, at instant: Instant, _ reply: Reply<[WakeUpReport.Peer]>) {
      caller?.tell(policy, at: instant) { reply.give($0) }
    }

    func shutDown() {
      caller?.shutDown()
      caller = nil
    }

    nonisolated func end() {
      _ = loop.call { self.assumeIsolated { $0.shutDown() } }
      thread.end(loop)
    }
  }

  /// An answer that may leave the loop.
  private struct Answer: Sendable {
    var address: String
    /// Nil where there was no answer.
    var status: Int?

    init(_ answer: PeerCaller.Answer) {
      address = answer.address
      status = try? answer.result.get().status
    }
  }

  /// Calls `body` with a caller of these peers.
  private static func calling(
    _ peers: [UInt16], tokenFile: String? = nil, _ body: (Caller) throws -> Void
  ) throws {
    var configuration = ServeConfiguration()
    configuration.wakeUp.peers = peers.map { ListenAddress(host: "127.0.0.1", port: $0) }
    configuration.httpTokenFile = tokenFile
    let caller = try Caller()
    defer { caller.end() }
    let settings = configuration
    try caller.loop.call {
      Result { try caller.assumeIsolated { try $0.start(settings) } }
    }?.get()
    try body(caller)
  }

  private static func answers(_ caller: Caller, _ call: PeerCaller.Call) -> [Answer]? {
    let reply = Reply<[Answer]>()
    caller.loop.post { caller.assumeIsolated { $0.callAll(call, reply) } }
    return reply.wait(for: .patience)
  }

  private static func question(_ target: String = "/question") -> PeerCaller.Call {
    PeerCaller.Call(method: .get, target: target, limit: .patience)
  }

  @Test func `every address is asked once, and every one has an answer, in order`() throws {
    let server = try ScriptedServer(always: .reply(404, "no"))
    defer { server.stop() }
    let closed = try ScriptedServer.closedPort()
    try Self.calling([server.port, closed, server.port]) { caller in
      let answers = try #require(Self.answers(caller, Self.question()))
      let expected = [("127.0.0.1:\(server.port)", 404), ("127.0.0.1:\(closed)", nil)]
      #expect(answers.map(\.address) == expected.map(\.0).sorted())
      for (address, status) in expected {
        #expect(answers.first { $0.address == address }?.status == status)
      }
      #expect(server.requests.map(\.target) == ["/question"])
    }
  }

  @Test func `says who calls, and shows the token as the file has it now`() throws {
    let server = try ScriptedServer(always: .reply(200, "{}"))
    defer { server.stop() }
    let folder = try TemporaryFolder()
    let token = try folder.write("token", "first\n")
    try Self.calling([server.port], tokenFile: token) { caller in
      _ = Self.answers(caller, Self.question())
      _ = try folder.write("token", "second\n")
      _ = Self.answers(caller, Self.question())
      #expect(
        server.requests.map { $0.headers["authorization"] } == ["Bearer first", "Bearer second"])
      #expect(server.requests.allSatisfy { $0.headers["headstart-forwarded-by"] == "me" })
    }
  }

  @Test func `a body goes with a call that is no question`() throws {
    let server = try ScriptedServer(always: .reply(200, "{}"))
    defer { server.stop() }
    try Self.calling([server.port]) { caller in
      var call = Self.question()
      call.body = Array("{}".utf8)
      _ = Self.answers(caller, call)
      call.method = .post
      _ = Self.answers(caller, call)
      #expect(server.requests.map(\.method) == ["GET", "POST"])
      #expect(server.requests.map(\.body) == ["", "{}"])
      #expect(server.requests.last?.headers["content-type"] == "application/json")
      #expect(server.requests.allSatisfy { $0.headers["authorization"] == nil })
    }
  }

  @Test func `who is starting is called once more, where the call wants it`() throws {
    // Each target is answered 503 when it is asked for the first time.
    let seen = Mutex<Set<String>>([])
    let server = try ScriptedServer { request in
      let isFirst = seen.withLock { $0.insert(request.target).inserted }
      return [.reply(isFirst ? 503 : 202, "{}")]
    }
    defer { server.stop() }
    try Self.calling([server.port]) { caller in
      #expect(Self.answers(caller, Self.question("/once"))?.map(\.status) == [503])
      #expect(server.requests.count == 1)
      // A first answer that took long is the last one: on a busy machine it may take some calls.
      var statuses: [Int?] = []
      let end = ContinuousClock.now + .patience
      repeat {
        var call = Self.question("/again/\(statuses.count)")
        call.secondLimit = .patience
        statuses.append(Self.answers(caller, call)?.first?.status)
      } while statuses.last == 503 && ContinuousClock.now < end
      #expect(statuses.last == 202)
      #expect(server.requests.count { $0.target == "/again/\(statuses.count - 1)" } == 2)
    }
  }

  @Test func `a wake-up is told, and each but this process says what came of it`() throws {
    let servers = [
      try ScriptedServer(always: .reply(202, #"{"target": {"result": "scaled"}}"#)),
      try ScriptedServer(always: .reply(202, "nonsense")),
      try ScriptedServer(always: .reply(200, "{}")),
      try ScriptedServer(always: .reply(404, "no such policy")),
    ]
    defer { for server in servers { server.stop() } }
    try Self.calling(servers.map(\.port)) { caller in
      let reply = Reply<[WakeUpReport.Peer]>()
      let asked = try Instant.at("2027-01-15T08:00:00Z")
      caller.loop.post {
        caller.assumeIsolated { $0.tell(ResourceName(name: "a/b c"), at: asked, reply) }
      }
      let peers = try #require(reply.wait(for: .patience))
      let addresses = servers.map { "127.0.0.1:\($0.port)" }
      #expect(
        Set(peers) == [
          WakeUpReport.Peer(address: addresses[0], target: "scaled"),
          WakeUpReport.Peer(address: addresses[1]),
          WakeUpReport.Peer(address: addresses[3], error: "HTTP status 404: no such policy"),
        ])
      for server in servers {
        #expect(
          server.requests.map(\.target) == [
            "/api/v1/wake/-/a%2Fb%20c?at=2027-01-15T08%3A00%3A00Z"
          ])
      }
    }
  }
}
