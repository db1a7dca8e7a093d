internal import DecisionEngine
internal import GRPCWire
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// What is known of a policy when somebody edits a trigger.
extension MemoryTests {
  @Test func `a trigger that asks for another lead time goes on with what was asked`() throws {
    let memory = PolicyMemory(signals: [
      "live": SignalMemory(
        replicas: 25, readAt: .distantPast, definition: Self.policy().signals[0].definition)
    ])
    let harness = try EngineHarness(
      Self.catalog(Self.policy()), restored: ["shop/web": memory])
    lose(harness)
    #expect(ask(harness, stream: 1) == .replicas(25))
    var edited = Self.object
    edited.leadTime = "10m"
    #expect(ask(harness, stream: 3, object: edited) == .replicas(25))
    edited.leadTime = "20m"
    #expect(ask(harness, stream: 5, object: edited) == .replicas(25))
    supply(30, harness)
    #expect(ask(harness, stream: 7, object: edited) == .replicas(3))
  }

  private static func trigger(_ query: String) -> ScaledObject {
    ScaledObject(
      namespace: "shop", name: "web",
      trigger: TriggerMetadata([
        (key: "query", value: query), (key: "source", value: "main"),
        (key: "threshold", value: "10"),
      ]))
  }

  /// An error beside a number lowers nothing; a number that says nothing of the query would.
  @Test func `another trigger of a ScaledObject is not taken for an edited one`() throws {
    let harness = try EngineHarness(Self.catalog())
    supply(30, harness, query: "a")
    lose(harness, query: "b")
    lose(harness, query: "c")
    #expect(ask(harness, stream: 1, object: Self.trigger("a")) == .replicas(3))
    #expect(ask(harness, stream: 3, object: Self.trigger("b")) == .error(.unavailable))
    // By then KEDA has asked about all triggers that there are.
    pass(.seconds(61), harness)
    #expect(ask(harness, stream: 5, object: Self.trigger("c")) == .replicas(3))
    #expect(ask(harness, stream: 7, object: Self.trigger("b")) == .error(.unavailable))
  }

  @Test func `a policy whose forecast is being learnt keeps the answer of the one before it`()
    throws
  {
    let anywhere = Self.policy(ResourceName(name: "web"))
    let model = BuiltInForecast(
      source: "main", query: "load", threshold: 10, step: .seconds(300), leadTime: .seconds(600))
    let own = Policy(
      name: Self.name,
      signals: [
        Signal(name: "calendar", kind: .schedule(Schedule(defaultReplicas: 2))),
        Signal(name: "predicted", kind: .forecast(ForecastSignal(model))),
      ])
    let harness = try EngineHarness(Self.catalog(anywhere))
    supply(250, harness)
    #expect(ask(harness, stream: 1) == .replicas(25))
    let feed = Feed.builtIn(source: Self.source, Shared(model))
    harness.supply(
      Reading(failure: .init(since: harness.clock.now, message: "learning", kind: .learning)),
      for: feed)
    harness.update(Self.catalog(anywhere, own))
    #expect(ask(harness, stream: 3) == .replicas(25))
    let series = ForecastSeries(
      generatedAt: harness.clock.now, step: .seconds(300), replicas: [3, 3])
    harness.supply(Reading(value: .forecast(series), obtainedAt: harness.clock.now), for: feed)
    #expect(ask(harness, stream: 5) == .replicas(3))
  }
}
