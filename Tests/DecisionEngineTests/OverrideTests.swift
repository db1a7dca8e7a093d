internal import DecisionEngine
internal import HTTP2Server
internal import ScalerMessages
internal import ScalerRPCs
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// Overrides as KEDA meets them.
@Suite struct OverrideTests {
  private static let web = ResourceName(namespace: "default", name: "web")
  private static let object = ScaledObject(namespace: "default", name: "web")

  private static func harness() throws -> EngineHarness {
    let policy = Policy(
      name: web, leadTime: .zero,
      signals: [Signal(name: "calendar", kind: .schedule(Schedule(timeZone: "UTC")))])
    return try EngineHarness(Catalog(policies: [web: Shared(policy)], dataSources: [:]))
  }

  private static func boost(_ policy: ResourceName, at now: Instant) -> Override {
    Override(
      id: "a", policy: policy, bounds: .atLeast(40), since: now,
      until: now.advanced(by: .seconds(600)))
  }

  private static func replicas(_ harness: EngineHarness, _ name: ResourceName = web) -> Int? {
    harness.onEngine { engine, _ in engine.snapshot(named: name)?.decision.replicas } ?? nil
  }

  @Test func `It is pushed to streams, answered, and ends by itself`() throws {
    let harness = try Self.harness()
    harness.send(.streamIsActive, Self.object, stream: 1)
    let boost = Self.boost(Self.web, at: harness.clock.now)
    #expect(harness.onEngine { engine, _ in engine.take([boost]).count } == 1)
    harness.settle()
    #expect(harness.answers(on: 1) == [.send(MessageEncoder.isActiveResponse(true))])
    harness.send(.getMetrics, Self.object, stream: 3)
    #expect(
      harness.answers(on: 3) == [
        .respond(
          MessageEncoder.getMetricsResponse(metricName: "desired_replicas", replicas: 40))
      ])
    harness.clock.now = boost.until
    harness.onEngine { engine, _ in
      engine.decideWhatIsDue()
      engine.forgetWhatIsOver()
    }
    #expect(Self.replicas(harness) == 0)
    #expect(harness.onEngine { engine, _ in engine.allOverrides.isEmpty } == true)
  }

  @Test func `It is ended early, and nothing brings it back`() throws {
    let harness = try Self.harness()
    let boost = Self.boost(Self.web, at: harness.clock.now)
    _ = harness.onEngine { engine, _ in engine.take([boost]) }
    #expect(Self.replicas(harness) == 40)
    _ = harness.onEngine { engine, _ in engine.endOverrides(of: boost.policy, id: nil) }
    #expect(Self.replicas(harness) == 0)
    _ = harness.onEngine { engine, _ in engine.take([boost]) }
    #expect(Self.replicas(harness) == 0)
  }

  @Test func `It holds for lead times that triggers ask for later, and over an edit`() throws {
    let harness = try Self.harness()
    let boost = Self.boost(Self.web, at: harness.clock.now)
    _ = harness.onEngine { engine, _ in engine.take([boost]) }
    var hasty = Self.object
    hasty.leadTime = "10m"
    harness.send(.isActive, hasty, stream: 1)
    let late = ResourceName(namespace: "default", name: "web@10m")
    #expect(Self.replicas(harness, late) == 40)
    let edited = Policy(
      name: Self.web, leadTime: .zero,
      signals: [
        Signal(name: "other", kind: .schedule(Schedule(timeZone: "UTC", defaultReplicas: 3)))
      ])
    harness.onEngine { engine, _ in
      engine.update(catalog: Catalog(policies: [Self.web: Shared(edited)], dataSources: [:]))
    }
    #expect(Self.replicas(harness) == 40)
  }

  @Test func `Another replica may know of it before the policy is known here`() throws {
    let harness = try Self.harness()
    let late = ResourceName(namespace: "default", name: "api")
    let boost = Self.boost(late, at: harness.clock.now)
    #expect(harness.onEngine { engine, _ in engine.take([boost]).count } == 1)
    let policy = Policy(
      name: late, leadTime: .zero,
      signals: [Signal(name: "calendar", kind: .schedule(Schedule(timeZone: "UTC")))])
    harness.onEngine { engine, _ in
      engine.update(catalog: Catalog(policies: [late: Shared(policy)], dataSources: [:]))
    }
    #expect(Self.replicas(harness, late) == 40)
  }

  @Test func `Who wants to override a policy sees its answer and its zone`() throws {
    let harness = try Self.harness()
    let found = harness.onEngine { engine, _ in
      [engine.overridable(Self.web), engine.overridable(ResourceName(name: "other"))]
    }
    let first = try #require(found?[0])
    #expect(first.name == Self.web)
    #expect(first.answer == 0)
    #expect(first.timeZone == "UTC")
    #expect(found?.count == 2)
    #expect(found?[1] == nil)
  }
}
