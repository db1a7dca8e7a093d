internal import DecisionEngine
internal import HTTP2Server
internal import ScalerMessages
internal import ScalerRPCs
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@Suite struct WakeUpTests {
  private static let feed = Feed.query(
    source: ResourceName(name: "main"), promQL: "rate", onEmpty: .error)
  private static let object = ScaledObject(namespace: "default", name: "web")

  private static func policy(_ name: ResourceName, service: String? = nil) -> Policy {
    Policy(
      name: name, leadTime: .zero,
      signals: [
        Signal(
          name: "trigger",
          kind: .prometheus(
            PrometheusSignal(source: "main", query: "rate", threshold: 1, switchedTo: 2)))
      ], kind: .elastiService,
      activity: ActivityRules(cooldown: .seconds(600), activeReplicas: 2, service: service))
  }

  private static func catalog(_ policies: Policy...) -> Catalog {
    let source = DataSource(
      name: ResourceName(name: "main"), kind: .prometheus, address: "http://prometheus")
    return Catalog(
      policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.name, Shared($0)) }),
      dataSources: [source.key: source])
  }

  private static func idle(_ value: Double, at now: Instant) -> Reading {
    Reading(value: .sample(value), obtainedAt: now)
  }

  /// A harness whose only policy has become idle.
  private static func idleHarness() throws -> EngineHarness {
    let web = ResourceName(namespace: "default", name: "web")
    let harness = try EngineHarness(catalog(policy(web, service: "web-svc")))
    harness.supply(idle(0, at: harness.clock.now), for: feed)
    harness.clock.now = harness.clock.now.advanced(by: .seconds(600))
    harness.onEngine { engine, _ in engine.decideWhatIsDue() }
    return harness
  }

  @Test func `A wake-up is pushed to the stream, answered by both RPCs, and told`() throws {
    let harness = try Self.idleHarness()
    harness.send(.streamIsActive, Self.object, stream: 1)
    #expect(harness.answers(on: 1).isEmpty)
    let now = harness.clock.now
    let woken = harness.onEngine { engine, _ in
      engine.wake(ResourceName(namespace: "default", name: "web"))
    }
    harness.settle()
    let wakeUp = try #require(woken?.first)
    #expect(woken?.count == 1)
    #expect(wakeUp.before?.replicas == 0)
    #expect(wakeUp.decision.replicas == 2)
    #expect(wakeUp.until == now.advanced(by: .seconds(600)))
    #expect(harness.answers(on: 1) == [.send(MessageEncoder.isActiveResponse(true))])
    harness.send(.isActive, Self.object, stream: 3)
    #expect(harness.answers(on: 3) == [.respond(MessageEncoder.isActiveResponse(true))])
    harness.send(.getMetrics, Self.object, stream: 5)
    #expect(
      harness.answers(on: 5) == [
        .respond(
          MessageEncoder.getMetricsResponse(metricName: "desired_replicas", replicas: 2))
      ])
    // And it ends by itself.
    harness.clock.now = now.advanced(by: .seconds(600))
    harness.onEngine { engine, _ in engine.decideWhatIsDue() }
    harness.send(.isActive, Self.object, stream: 7)
    #expect(harness.answers(on: 7) == [.respond(MessageEncoder.isActiveResponse(false))])
  }

  @Test
  func `A wake-up that was forwarded counts from when it was asked for, never later than now`()
    throws
  {
    let harness = try Self.idleHarness()
    let now = harness.clock.now
    let name = ResourceName(namespace: "default", name: "web")
    let ends = harness.onEngine { engine, _ in
      [-60, 60].compactMap { (seconds: Int64) in
        engine.wake(name, at: now.advanced(by: .seconds(seconds))).first?.until
      }
    }
    #expect(ends == [now.advanced(by: .seconds(540)), now.advanced(by: .seconds(600))])
  }

  @Test func `What is not in force is not woken`() throws {
    let harness = try Self.idleHarness()
    let woken = harness.onEngine { engine, _ in
      engine.wake(ResourceName(namespace: "default", name: "other"))
        + engine.wake(ResourceName(namespace: "elsewhere", name: "web"))
    }
    #expect(woken?.isEmpty == true)
  }

  @Test func `A policy without a namespace is woken from any, with every lead time asked of it`()
    throws
  {
    let harness = try EngineHarness(Self.catalog(Self.policy(ResourceName(name: "web"))))
    var hasty = Self.object
    hasty.leadTime = "10m"
    harness.supply(Self.idle(0, at: harness.clock.now), for: Self.feed)
    harness.send(.isActive, hasty, stream: 1)
    let names = harness.onEngine { engine, _ in
      engine.wake(ResourceName(namespace: "default", name: "web")).map(\.policy.name.name)
    }
    #expect(names == ["web", "web@10m"])
  }

  @Test func `A service names its ElastiService, or else the policy of that name`() throws {
    let harness = try EngineHarness(
      Self.catalog(
        Self.policy(ResourceName(namespace: "default", name: "web"), service: "web-svc"),
        Self.policy(ResourceName(namespace: "other", name: "web"), service: "web-svc"),
        Self.policy(ResourceName(name: "shared"))))
    let found = harness.onEngine { engine, _ in
      [
        engine.policy(forService: "web-svc", in: "default"),
        engine.policy(forService: "web-svc", in: "other"),
        engine.policy(forService: "web", in: "other"),
        engine.policy(forService: "shared", in: "default"),
        engine.policy(forService: "web-svc", in: "third"),
      ]
    }
    #expect(
      found == [
        ResourceName(namespace: "default", name: "web"),
        ResourceName(namespace: "other", name: "web"),
        ResourceName(namespace: "other", name: "web"), ResourceName(name: "shared"), nil,
      ])
  }

  @Test func `A clock that is set leaves a wake-up as long as it was`() throws {
    let harness = try Self.idleHarness()
    harness.onEngine { engine, _ in
      engine.noticeClockStep()
      _ = engine.wake(ResourceName(namespace: "default", name: "web"))
    }
    harness.clock.now = harness.clock.now.advanced(by: .seconds(86_400))
    harness.onEngine { engine, _ in engine.noticeClockStep() }
    harness.settle()
    harness.send(.isActive, Self.object, stream: 1)
    #expect(harness.answers(on: 1) == [.respond(MessageEncoder.isActiveResponse(true))])
  }
}
