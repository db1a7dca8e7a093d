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

  private static func naming(_ policy: String, name: String = "web") -> ScaledObject {
    ScaledObject(namespace: "shop", name: name, policy: policy)
  }

  private static func catalogOfTwo() -> Catalog {
    catalog(
      policy(ResourceName(namespace: "shop", name: "a"), query: "a"),
      policy(ResourceName(namespace: "shop", name: "b"), query: "b"))
  }

  @Test func `a trigger that names another policy keeps its answer until that one is read`() throws
  {
    let harness = try EngineHarness(Self.catalogOfTwo())
    supply(250, harness, query: "a")
    lose(harness, query: "b")
    lose(harness, query: "c")
    #expect(ask(harness, stream: 1, object: Self.naming("a")) == .replicas(25))
    pass(.seconds(61), harness)
    #expect(ask(harness, stream: 3, object: Self.naming("b")) == .replicas(25))
    // And to signals of its own, and back.
    #expect(ask(harness, stream: 5, object: Self.trigger("c")) == .replicas(25))
    supply(30, harness, query: "b")
    #expect(ask(harness, stream: 7, object: Self.naming("b")) == .replicas(3))
  }

  @Test func `a second trigger that names a policy is not taken for an edited one`() throws {
    let harness = try EngineHarness(Self.catalogOfTwo())
    supply(250, harness, query: "a")
    lose(harness, query: "b")
    #expect(ask(harness, stream: 1, object: Self.naming("a")) == .replicas(25))
    #expect(ask(harness, stream: 3, object: Self.naming("b")) == .error(.unavailable))
  }

  /// Its target stands where it stands, perhaps far above.
  @Test func `what an edit keeps is no answer to another ScaledObject without a number`() throws {
    let harness = try EngineHarness(Self.catalogOfTwo())
    supply(250, harness, query: "a")
    lose(harness, query: "b")
    #expect(ask(harness, stream: 1, object: Self.naming("a")) == .replicas(25))
    #expect(ask(harness, stream: 3, object: Self.naming("b", name: "api")) == .error(.unavailable))
    pass(.seconds(61), harness)
    #expect(ask(harness, stream: 5, object: Self.naming("b")) == .error(.unavailable))
    #expect(ask(harness, stream: 7, object: Self.naming("b", name: "api")) == .error(.unavailable))
  }

  @Test func `of two edited triggers that share a policy the higher answer counts`() throws {
    let harness = try EngineHarness(Self.catalogOfTwo())
    supply(250, harness, query: "a")
    lose(harness, query: "b")
    supply(500, harness, query: "c")
    #expect(ask(harness, stream: 1, object: Self.naming("a")) == .replicas(25))
    var other = Self.trigger("c")
    other.name = "api"
    #expect(ask(harness, stream: 3, object: other) == .replicas(50))
    pass(.seconds(61), harness)
    #expect(ask(harness, stream: 5, object: Self.naming("b")) == .replicas(25))
    #expect(ask(harness, stream: 7, object: Self.naming("b", name: "api")) == .replicas(50))
  }

  @Test func `a trigger that is edited over a restart goes on with the number of its old form`()
    throws
  {
    let keeper = Keeper()
    let first = try EngineHarness(Self.catalog(), keepMemory: keeper.take)
    supply(30, first, query: "a")
    #expect(ask(first, stream: 1, object: Self.trigger("a")) == .replicas(3))
    first.onEngine { engine, _ in engine.shutDown() }
    let restored = keeper.all.mapValues { $0.restored(written: first.clock.now, shiftedBy: .zero) }
    let second = try EngineHarness(Self.catalog(), restored: restored)
    for query in ["a", "b", "c"] { lose(second, query: query) }
    #expect(ask(second, stream: 1, object: Self.trigger("b")) == .replicas(3))
    var other = Self.trigger("b")
    other.name = "api"
    #expect(ask(second, stream: 3, object: other) == .error(.unavailable))
    supply(70, second, query: "b")
    #expect(ask(second, stream: 5, object: Self.trigger("b")) == .replicas(7))
    // The old form is there after all: of the others each has its own number, and that which was never
    // read has none.
    #expect(ask(second, stream: 7, object: Self.trigger("c")) == .replicas(3))
    #expect(ask(second, stream: 9, object: Self.trigger("a")) == .replicas(3))
    #expect(ask(second, stream: 11, object: Self.trigger("c")) == .error(.unavailable))
    #expect(ask(second, stream: 13, object: Self.trigger("b")) == .replicas(7))
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
