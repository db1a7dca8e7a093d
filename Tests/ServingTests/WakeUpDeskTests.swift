internal import Configuration
internal import DecisionEngine
internal import DirectScaling
internal import EventLoop
internal import Scaling
internal import SidePort
internal import Synchronization
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import Serving

/// Wake-ups as the side port hands them in.
struct WakeUpDeskTests {
  private static let web = ResourceName(namespace: "shop", name: "web")
  private static let api = ResourceName(namespace: "shop", name: "api")

  /// A desk beside an engine with two policies that ask for nothing.
  private final class Setting: Sendable {
    let harness: EngineHarness
    let desk: WakeUpDesk
    let metrics = HeadstartMetrics(version: "test")
    private let gRPCLoops: GRPCLoops

    /// What the gRPC loops have not been told yet.
    private final class GRPCLoops: Sendable {
      let waiting = Mutex<[@Sendable () -> Void]>([])

      func catchUp() {
        let works = waiting.withLock { waiting in
          defer { waiting = [] }
          return waiting
        }
        for work in works { work() }
      }
    }

    init(
      isStarting: Bool = false, perMinute: Int = 60, peers: [ListenAddress] = []
    ) throws {
      harness = try .idle(WakeUpDeskTests.web, WakeUpDeskTests.api)
      let gRPCLoops = GRPCLoops()
      self.gRPCLoops = gRPCLoops
      var configuration = ServeConfiguration()
      configuration.wakeUp.perMinute = perMinute
      configuration.wakeUp.peers = peers
      desk = WakeUpDesk(
        engine: harness.engine, cluster: nil, configuration: configuration, identity: "me",
        logger: .disabled, metrics: metrics, isStarting: { isStarting },
        afterDelivery: { work in gRPCLoops.waiting.withLock { $0.append(work) } })
      let desk = desk
      try desk.loop.call { Result { try desk.assumeIsolated { try $0.start() } } }?.get()
    }

    deinit {
      let desk = desk
      _ = desk.loop.call { desk.assumeIsolated { $0.shutDown() } }
    }

    /// Hands calls in, all in one turn of the loop.
    func begin(_ calls: [WakeUpCall]) -> (replies: [Reply<WakeUpAnswer>], atOnce: Int) {
      let desk = desk
      let replies = calls.map { _ in Reply<WakeUpAnswer>() }
      let atOnce = desk.loop.call {
        desk.assumeIsolated { desk in
          for (call, reply) in zip(calls, replies) { desk.wake(call) { reply.give($0) } }
        }
        return replies.count { $0.wait(for: .zero) != nil }
      }
      return (replies, atOnce ?? 0)
    }

    func deliver() { gRPCLoops.catchUp() }

    /// Hands calls in, tells the gRPC loops, and waits for the answers.
    func wake(_ calls: WakeUpCall...) -> [WakeUpAnswer?] {
      let replies = begin(calls).replies
      deliver()
      return replies.map { $0.wait(for: .patience) }
    }

    func count(_ result: String) -> String? {
      metrics.count("headstart_wake_ups_total", result)
    }
  }

  private static func report(_ answer: WakeUpAnswer??) throws -> WakeUpReport {
    guard case .done(let report)?? = answer else {
      throw Unexpected(answer: answer ?? nil)
    }
    return report
  }

  private struct Unexpected: Error {
    var answer: WakeUpAnswer?
  }

  // MARK: One process

  @Test func `answers when the gRPC loops have what the engine has told them, and not before`()
    throws
  {
    let setting = try Setting()
    let (replies, atOnce) = setting.begin([WakeUpCall(.policy(Self.web))])
    #expect(atOnce == 0)
    #expect(setting.harness.replicas(of: Self.web) == 1)
    setting.deliver()
    let report = try Self.report(replies[0].wait(for: .patience))
    #expect(report.policy == Self.web)
    #expect(report.previousReplicas == 0)
    #expect(report.desiredReplicas == 1)
    #expect(report.until == setting.harness.clock.now + ActivityRules.Defaults.cooldown)
    #expect(report.target == nil)
    #expect(report.peers.isEmpty)
    #expect(setting.harness.replicas(of: Self.api) == 0)
    #expect(setting.count("woken") == "1")
    #expect(setting.count("forwarded") == "0")
  }

  @Test func `a Service is woken as the policy of that name`() throws {
    let setting = try Setting()
    let answers = setting.wake(
      WakeUpCall(.service("web", namespace: "shop")),
      WakeUpCall(.service("web", namespace: "elsewhere")))
    #expect(try Self.report(answers[0]).policy == Self.web)
    guard case .unknown(let sentence)? = answers[1] else { throw Unexpected(answer: answers[1]) }
    #expect(sentence.contains("the service web in namespace elsewhere"))
  }

  @Test(arguments: [true, false])
  func `an unknown policy may still come while the process starts`(isStarting: Bool) throws {
    let setting = try Setting(isStarting: isStarting)
    let other = ResourceName(namespace: "shop", name: "other")
    let answers = setting.wake(WakeUpCall(.policy(other)), WakeUpCall(.policy(Self.web)))
    #expect(
      answers[0] == (isStarting ? .starting : .unknown(other.unknownPolicy(among: [Self.web]))))
    #expect(try Self.report(answers[1]).policy == Self.web)
    #expect(setting.count("unknown") == (isStarting ? "0" : "1"))
  }

  @Test func `too many wake-ups of one policy are told when to come back`() throws {
    let setting = try Setting(perMinute: 1)
    let answers = setting.wake(
      WakeUpCall(.policy(Self.web)), WakeUpCall(.policy(Self.web)), WakeUpCall(.policy(Self.api)))
    #expect(try Self.report(answers[0]).policy == Self.web)
    guard case .limited(let wait)? = answers[1] else { throw Unexpected(answer: answers[1]) }
    #expect(wait > .zero && wait <= .seconds(60))
    #expect(try Self.report(answers[2]).policy == Self.api)
    #expect(setting.count("limited") == "1")
    #expect(setting.count("woken") == "2")
  }

  @Test func `the end of the process answers what waits`() throws {
    let setting = try Setting()
    let replies = setting.begin([
      WakeUpCall(.policy(Self.web)), WakeUpCall(.policy(Self.api)),
    ]).replies
    let desk = setting.desk
    _ = desk.loop.call { desk.assumeIsolated { $0.shutDown() } }
    let answers = replies.map { $0.wait(for: .patience) }
    #expect(try answers.map { try Self.report($0).policy } == [Self.web, Self.api])
    // What comes late finds nothing that waits.
    setting.deliver()
    setting.harness.settle()
  }

  @Test(arguments: [
    (ScaleEffect.scaled(from: 0, to: 2), WakeUpReport.Target(result: "scaled", from: 0, to: 2)),
    (.dryRun(from: 0, to: 2), WakeUpReport.Target(result: "dryRun", from: 0, to: 2)),
    (.unchanged(3), WakeUpReport.Target(result: "unchanged", from: 3, to: 3)),
    (.refused("why"), WakeUpReport.Target(result: "refused", error: "why")),
    (.missing("why"), WakeUpReport.Target(result: "missing", error: "why")),
    (.failed("why"), WakeUpReport.Target(result: "failed", error: "why")),
    (.notLeading, WakeUpReport.Target(result: "notLeading")),
    (.noTarget, WakeUpReport.Target(result: "noTarget")),
  ])
  func `what was done to the target is told`(effect: ScaleEffect, target: WakeUpReport.Target) {
    #expect(WakeUpReport.Target(effect) == target)
  }

  // MARK: Other replicas

  @Test func `the other replicas are told, and the answer says what came of it`() throws {
    let peer = try ScriptedServer(always: .reply(202, #"{"target": {"result": "scaled"}}"#))
    let own = try ScriptedServer(always: .reply(200, "{}"))
    defer {
      peer.stop()
      own.stop()
    }
    let closed = try ScriptedServer.closedPort()
    let setting = try Setting(
      peers: [peer.port, own.port, closed].map { ListenAddress(host: "127.0.0.1", port: $0) })
    let asked = setting.harness.clock.now - .seconds(5)
    let report = try Self.report(setting.wake(WakeUpCall(.policy(Self.web), at: asked))[0])
    #expect(Set(report.peers.map(\.address)) == ["127.0.0.1:\(peer.port)", "127.0.0.1:\(closed)"])
    let reached = report.peers.first { $0.error == nil }
    #expect(
      reached == WakeUpReport.Peer(address: "127.0.0.1:\(peer.port)", target: "scaled"))
    let request = try #require(peer.requests.first)
    #expect(peer.requests.count == 1)
    #expect(request.method == "POST")
    #expect(request.target.hasPrefix("/api/v1/wake/shop/web?at="))
    #expect(request.headers["headstart-forwarded-by"] == "me")
    #expect(report.until == asked + ActivityRules.Defaults.cooldown)
  }

  @Test func `a forwarded wake-up counts from when it was asked for, and goes no further`() throws {
    let peer = try ScriptedServer(always: .reply(202, "{}"))
    defer { peer.stop() }
    let setting = try Setting(peers: [ListenAddress(host: "127.0.0.1", port: peer.port)])
    let now = setting.harness.clock.now
    let answers = setting.wake(
      WakeUpCall(.policy(Self.web), at: now - .seconds(60), forwarder: "other"),
      WakeUpCall(.policy(Self.api), at: now + .seconds(86_400), forwarder: "other"))
    let cooldown = ActivityRules.Defaults.cooldown
    #expect(try Self.report(answers[0]).until == now - .seconds(60) + cooldown)
    #expect(try Self.report(answers[1]).until == now + cooldown)
    #expect(peer.requests.isEmpty)
    #expect(setting.count("forwarded") == "2")
    #expect(setting.count("woken") == "0")
  }

  @Test func `a call that this process has sent itself wakes nothing`() throws {
    let setting = try Setting()
    #expect(setting.wake(WakeUpCall(.policy(Self.web), forwarder: "me")) == [.ownCall])
    #expect(setting.harness.replicas(of: Self.web) == 0)
    #expect(setting.count("forwarded") == "0")
  }
}
