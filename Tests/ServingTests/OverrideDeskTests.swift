internal import Configuration
internal import DecisionEngine
internal import EventLoop
internal import HTTPClient
internal import Kubernetes
internal import Scaling
internal import SidePort
internal import StateDirectory
internal import Synchronization
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import Serving

/// Overrides as the side port hands them in, and as other replicas know them.
struct OverrideDeskTests {
  private static let web = ResourceName(namespace: "shop", name: "web")
  /// Answers for every namespace.
  private static let shared = ResourceName(name: "shared")
  private static let boost = #"{"atLeast": 40, "for": "2h", "reason": "launch"}"#

  /// A desk beside an engine with two policies that ask for nothing.
  private final class Setting: Sendable {
    let harness: EngineHarness
    let desk: OverrideDesk
    let metrics = HeadstartMetrics(version: "test")
    private let state: State

    /// What the desk hands out.
    private final class State: Sendable {
      let kept = Mutex<[[Override]]>([])
      let learnt = Reply<Bool>()
    }

    init(isOpen: Bool = true, isStarting: Bool = false, peers: [UInt16] = []) throws {
      harness = try .idle(OverrideDeskTests.web, OverrideDeskTests.shared)
      let state = State()
      self.state = state
      var configuration = ServeConfiguration()
      configuration.httpTokenFile = isOpen ? "/token" : nil
      configuration.wakeUp.peers = peers.map { ListenAddress(host: "127.0.0.1", port: $0) }
      desk = OverrideDesk(
        engine: harness.engine, zones: UTCDatabase(), configuration: configuration,
        identity: "me", logger: .disabled, metrics: metrics, isStarting: { isStarting },
        keep: { all in state.kept.withLock { $0.append(all) } })
    }

    deinit {
      let desk = desk
      _ = desk.loop.call { desk.assumeIsolated { $0.shutDown() } }
    }

    /// - Returns: whether the desk has said that the other replicas were asked.
    func start(remembering remembered: [Override] = []) throws -> Bool? {
      let (desk, state) = (desk, state)
      try desk.loop.call {
        Result {
          try desk.assumeIsolated {
            try $0.start(remembered: remembered) { state.learnt.give(true) }
          }
        }
      }?.get()
      return state.learnt.wait(for: .patience)
    }

    func call(_ call: OverrideCall) -> OverrideAnswer? {
      let desk = desk
      let reply = Reply<OverrideAnswer>()
      desk.loop.post { desk.assumeIsolated { $0.call(call) { reply.give($0) } } }
      return reply.wait(for: .patience)
    }

    func set(_ policy: ResourceName, _ body: String = boost) -> OverrideAnswer? {
      call(OverrideCall(.set(policy), body: Array(body.utf8)))
    }

    /// All that the desk gave away to be kept, one after the other.
    var kept: [[Override]] { state.kept.withLock { $0 } }

    func count(_ result: String) -> String? {
      metrics.count("headstart_override_calls_total", result)
    }
  }

  private struct Unexpected: Error {
    var answer: OverrideAnswer?
  }

  private static func json(_ answer: OverrideAnswer?, _ expected: Int) throws -> JSONValue {
    guard case .json(let status, let body)? = answer else { throw Unexpected(answer: answer) }
    #expect(status == expected)
    return try JSONValue(body)
  }

  private static func text(_ answer: OverrideAnswer?, _ expected: Int) throws -> String {
    guard case .text(let status, let text)? = answer else { throw Unexpected(answer: answer) }
    #expect(status == expected)
    return text
  }

  private static func refusal(_ answer: OverrideAnswer?, _ expected: Int) throws -> String {
    guard case .refused(let status, let sentence)? = answer else {
      throw Unexpected(answer: answer)
    }
    #expect(status == expected)
    return sentence
  }

  private static func ids(_ answer: OverrideAnswer?, _ status: Int = 200) throws -> [String] {
    try json(answer, status)["overrides"]?.elements.compactMap { $0["id"]?.text } ?? []
  }

  private static func override(
    _ id: String, _ policy: ResourceName = web, atLeast replicas: Int = 7
  ) -> Override {
    let now = WallClock.now()
    return Override(
      id: id, policy: policy, bounds: .atLeast(replicas), since: now, until: now + .seconds(3600))
  }

  // MARK: One process

  @Test func `what is set is in force, kept and told`() throws {
    let setting = try Setting()
    let answer = try Self.json(setting.set(Self.web), 201)
    let told = try #require(answer["overrides"]?.elements.first)
    #expect(told["atLeast"]?.integer == 40)
    #expect(told["reason"]?.text == "launch")
    #expect(answer["desiredReplicas"]?.integer == 40)
    #expect(answer["peers"]?.elements.isEmpty == true)
    #expect(setting.harness.replicas(of: Self.web) == 40)
    let id = try #require(told["id"]?.text)
    #expect(setting.kept.map { $0.map(\.id) } == [[id]])
    #expect(setting.count("set") == "1")
  }

  @Test func `people get lines, and programs JSON`() throws {
    let setting = try Setting()
    let none = setting.call(OverrideCall(.list(nil), prefersText: true))
    #expect(none == .text(status: 200, "There are no overrides.\n"))
    let set = try Self.text(
      setting.call(
        OverrideCall(.set(Self.web), body: Array(Self.boost.utf8), prefersText: true)), 201)
    #expect(set.hasPrefix("shop/web: at least 40 until "))
    let listed = try Self.text(setting.call(OverrideCall(.list(nil), prefersText: true)), 200)
    #expect(listed.hasPrefix("shop/web  at least 40 until "))
    #expect(listed.split(separator: "\n").count == 1)
    let ended = try Self.text(
      setting.call(OverrideCall(.end(Self.web, id: nil), prefersText: true)), 200)
    #expect(ended.hasPrefix("shop/web: ended: at least 40 until "))
    let after = try Self.text(setting.call(OverrideCall(.list(nil), prefersText: true)), 200)
    #expect(after.contains(", ended "))
  }

  @Test func `without a token overrides are listed, but nothing is set, ended or learnt`() throws {
    let setting = try Setting(isOpen: false)
    for action in [
      OverrideCall.Action.set(Self.web), .end(Self.web, id: nil), .learn,
    ] {
      let sentence = try Self.refusal(
        setting.call(OverrideCall(action, body: Array(Self.boost.utf8))), 403)
      #expect(sentence.contains("--http-token-file"))
    }
    #expect(setting.count("refused") == "3")
    #expect(setting.harness.replicas(of: Self.web) == 0)
    #expect(try Self.ids(setting.call(OverrideCall(.list(nil)))).isEmpty)
  }

  @Test(arguments: [true, false])
  func `an unknown policy may still come while the process starts`(isStarting: Bool) throws {
    let setting = try Setting(isStarting: isStarting)
    let other = ResourceName(namespace: "shop", name: "other")
    let sentence = try Self.refusal(setting.set(other), isStarting ? 503 : 404)
    #expect(sentence.contains(isStarting ? "starting" : "no policy other in namespace shop"))
  }

  @Test func `what is wrong with the body is said`() throws {
    let setting = try Setting()
    let sentence = try Self.refusal(setting.set(Self.web, #"{"atLeast": 40}"#), 400)
    #expect(sentence.contains("needs an end"))
    #expect(setting.kept.isEmpty)
  }

  @Test func `freezes at the answer of now`() throws {
    let setting = try Setting()
    _ = try Self.json(setting.set(Self.web), 201)
    _ = try Self.json(setting.set(Self.web, #"{"freeze": true, "for": "1h"}"#), 201)
    _ = try Self.json(setting.set(Self.web, #"{"atLeast": 60, "for": "2h"}"#), 201)
    let all = try #require(setting.kept.last)
    #expect(all.map(\.bounds).contains(.frozen(40)))
  }

  @Test func `a policy has only so many, until some are ended`() throws {
    let setting = try Setting()
    for _ in 0..<Override.Limits.perPolicy { _ = try Self.json(setting.set(Self.web), 201) }
    let sentence = try Self.refusal(setting.set(Self.web), 429)
    #expect(sentence.contains("\(Override.Limits.perPolicy) overrides"))
    _ = try Self.json(setting.set(Self.shared), 201)
    let ended = try Self.ids(setting.call(OverrideCall(.end(Self.web, id: nil))))
    #expect(ended.count == Override.Limits.perPolicy)
    #expect(setting.count("ended") == "\(Override.Limits.perPolicy)")
    #expect(setting.harness.replicas(of: Self.web) == 0)
    _ = try Self.json(setting.set(Self.web), 201)
  }

  @Test func `one is ended by its id, and the others stay`() throws {
    let setting = try Setting()
    let first = try Self.ids(setting.set(Self.web), 201)
    _ = try Self.ids(setting.set(Self.web, #"{"atLeast": 9, "for": "2h"}"#), 201)
    let missing = try Self.refusal(setting.call(OverrideCall(.end(Self.web, id: "0"))), 404)
    #expect(missing.contains("no override 0"))
    #expect(try Self.ids(setting.call(OverrideCall(.end(Self.web, id: first.first)))) == first)
    #expect(setting.harness.replicas(of: Self.web) == 9)
    _ = try Self.refusal(setting.call(OverrideCall(.end(Self.web, id: first.first))), 404)
  }

  @Test func `a policy without a namespace is set, listed and ended from any`() throws {
    let setting = try Setting()
    let name = ResourceName(namespace: "shop", name: "shared")
    let set = try Self.ids(setting.set(name), 201)
    #expect(set.count == 1)
    #expect(setting.harness.replicas(of: Self.shared) == 40)
    #expect(try Self.ids(setting.call(OverrideCall(.list(name)))) == set)
    #expect(try Self.ids(setting.call(OverrideCall(.list(Self.web)))).isEmpty)
    #expect(try Self.ids(setting.call(OverrideCall(.end(name, id: nil)))) == set)
  }

  // MARK: Other replicas

  @Test func `what another replica tells is taken once`() throws {
    let setting = try Setting()
    let told = OverrideText.text(of: [Self.override("a")])
    for _ in 0..<2 {
      let call = OverrideCall(.learn, body: told, forwarder: "other")
      #expect(try Self.ids(setting.call(call)).isEmpty)
    }
    #expect(setting.harness.replicas(of: Self.web) == 7)
    #expect(setting.kept.map { $0.map(\.id) } == [["a"]])
    #expect(setting.count("learnt") == "1")
    #expect(setting.count("set") == "0")
    var ended = Self.override("a")
    ended.ended = ended.since
    _ = setting.call(
      OverrideCall(.learn, body: OverrideText.text(of: [ended]), forwarder: "other"))
    #expect(setting.harness.replicas(of: Self.web) == 0)
  }

  @Test func `what is no list of overrides is refused`() throws {
    let setting = try Setting()
    let sentence = try Self.refusal(
      setting.call(OverrideCall(.learn, body: Array("[]".utf8), forwarder: "other")), 400)
    #expect(sentence.contains("no list of overrides"))
  }

  @Test func `a call that this process has sent itself does nothing`() throws {
    let setting = try Setting()
    _ = setting.set(Self.web)
    for action in [
      OverrideCall.Action.list(nil), .learn, .set(Self.web), .end(Self.web, id: nil),
    ] {
      let call = OverrideCall(action, body: Array(Self.boost.utf8), forwarder: "me")
      #expect(try Self.ids(setting.call(call)).isEmpty)
    }
    #expect(setting.kept.count == 1)
    #expect(setting.harness.replicas(of: Self.web) == 40)
  }

  @Test func `what an earlier process knew is in force, and no one is asked where no one is`()
    throws
  {
    let setting = try Setting()
    #expect(try setting.start(remembering: [Self.override("a")]) == true)
    #expect(setting.harness.replicas(of: Self.web) == 7)
  }

  @Test func `a start learns from whoever answers`() throws {
    let known = OverrideText.text(of: [Self.override("a")])
    let servers = [
      try ScriptedServer(always: .reply(200, String(decoding: known, as: UTF8.self))),
      try ScriptedServer(always: .reply(200, "nonsense")),
      try ScriptedServer(always: .reply(500, String(decoding: known, as: UTF8.self))),
    ]
    defer { for server in servers { server.stop() } }
    let ports = servers.map(\.port) + [try ScriptedServer.closedPort()]
    let setting = try Setting(peers: ports)
    #expect(try setting.start(remembering: [Self.override("b", Self.shared)]) == true)
    #expect(setting.harness.replicas(of: Self.web) == 7)
    #expect(setting.harness.replicas(of: Self.shared) == 7)
    #expect(setting.count("learnt") == "1")
    #expect(setting.kept.map { $0.map(\.id).sorted() } == [["a", "b"]])
    for server in servers {
      #expect(server.requests.map(\.target) == ["/api/v1/overrides"])
      #expect(server.requests.first?.headers["headstart-forwarded-by"] == "me")
    }
  }

  @Test func `a change is told to the others, and who was not reached is named`() throws {
    let good = try ScriptedServer(always: .reply(200, #"{"overrides": []}"#))
    let bad = try ScriptedServer(always: .reply(500, "no"))
    defer {
      good.stop()
      bad.stop()
    }
    let setting = try Setting(peers: [good.port, bad.port])
    #expect(try setting.start() == true)
    let answer = try Self.json(setting.set(Self.web), 201)
    let peers = try #require(answer["peers"]?.elements)
    #expect(peers.map { $0["address"]?.text } == ["127.0.0.1:\(bad.port)"])
    #expect(peers.first?["error"]?.text == "HTTP status 500")
    let told = try #require(good.requests.last)
    #expect(told.method == "POST")
    #expect(told.headers["content-type"] == "application/json")
    let overrides = try OverrideText.overrides(in: Array(told.body.utf8))
    #expect(overrides.map(\.id) == (try Self.ids(setting.call(OverrideCall(.list(nil))))))
    let ended = try Self.json(setting.call(OverrideCall(.end(Self.web, id: nil))), 200)
    #expect(ended["peers"]?.elements.count == 1)
    let last = try #require(good.requests.last)
    #expect(try OverrideText.overrides(in: Array(last.body.utf8)).first?.ended != nil)
  }
}
