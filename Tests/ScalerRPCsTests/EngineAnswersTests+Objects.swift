internal import DecisionEngine
internal import EventLoop
internal import GRPCWire
internal import HTTP2Server
internal import ScalerMessages
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import ScalerRPCs

/// Which ScaledObjects are answered, by which policy, and how many.
extension EngineAnswersTests {
  @Test func `an implied policy goes with the last ScaledObject that asked for it`() throws {
    let forecaster = DataSource(
      name: ResourceName(name: "default"), kind: .forecaster, address: "http://forecaster")
    let harness = try EngineHarness(Catalog(dataSources: [forecaster.key: forecaster]))
    harness.send(.isActive, Self.object, stream: 1)
    let feed = Feed.forecast(source: forecaster.name, workload: "web")
    #expect(harness.retained == [feed: 1])
    harness.onEngine { engine, harness in
      engine.unsubscribe([Self.object], worker: harness.stranger)
    }
    #expect(harness.retained == [feed: 1])
    harness.forget(Self.object)
    #expect(harness.retained.isEmpty)
    #expect(harness.onEngine { engine, _ in engine.snapshot().policies.count } == 0)
  }

  @Test(arguments: [nil, "nothing-of-that-name"])
  func `names that no policy answers are not kept`(_ policy: String?) throws {
    let harness = try EngineHarness(Self.catalog(Self.scheduled), maxSubscriptions: 2)
    harness.send(.isActive, Self.object, stream: 1)
    for number in 0..<5 {
      let object = ScaledObject(
        namespace: "default", name: "made-up-\(number)", policy: policy)
      harness.send(.isActive, object, stream: 3)
      guard case .end(let status)? = harness.answers(on: 3).first, status.code == .notFound else {
        Issue.record("a made-up name has an answer")
        return
      }
      #expect(harness.onEngine { engine, _ in engine.snapshot().subscriptionCount } == 1)
    }
    harness.send(.isActive, Self.object, stream: 5)
    #expect(harness.answers(on: 5) == [.respond(Self.activity(false))])
  }

  @Test(arguments: ["policy", "leadTime", "metricName"])
  func `what no manifest names is bounded in bytes, and the known ones stay`(_ key: String) throws {
    let limit = 64 << 10
    let harness = try EngineHarness(
      Self.catalog(Self.scheduled), maxSubscriptions: 10_000, maxImplied: limit)
    harness.send(.isActive, Self.object, stream: 1)
    for number in 0..<200 {
      var object = Self.object
      switch key {
      case "policy":
        object.name = "made-up-\(number)"
        object.policy = "web"
      case "leadTime": object.leadTime = "\(number + 1)s"
      default: object.metricName = "made-up-\(number)"
      }
      harness.send(.isActive, object, stream: 3)
      #expect(harness.answers(on: 3) == [.respond(Self.activity(false))])
      let bytes = harness.onEngine { engine, _ in engine.snapshot().impliedByteCount } ?? .max
      #expect(bytes > 0 && bytes <= limit)
    }
    let count = harness.onEngine { engine, _ in engine.snapshot().subscriptionCount } ?? 0
    #expect((2..<60).contains(count))
    harness.send(.isActive, Self.object, stream: 5)
    #expect(harness.answers(on: 5) == [.respond(Self.activity(false))])
  }

  @Test func `a flood of new ScaledObjects lets the engine do other work meanwhile`() throws {
    let harness = try EngineHarness(Self.catalog(Self.scheduled), maxSubscriptions: 1000)
    let objects = (0..<500).map { number in
      ScaledObject(namespace: "default", name: "new-\(number)", policy: "web")
    }
    let counts = harness.sendAtOnce(.isActive, objects)
    let most = DecisionEngine.arrivalsPerTurn
    #expect(zip([0] + counts, counts).allSatisfy { $1 - $0 <= most }, "\(counts)")
    #expect(harness.onEngine { engine, _ in engine.snapshot().subscriptionCount } == objects.count)
    for index in objects.indices {
      #expect(harness.answers(on: Int32(2 * index + 1)) == [.respond(Self.activity(false))])
    }
  }

  @Test func `what clients make up keeps no ScaledObject of a manifest out`() throws {
    var policy = Self.scheduled
    policy.name = ResourceName(namespace: "default", name: "web")
    // Nothing that is made up has room.
    let harness = try EngineHarness(Self.catalog(policy), maxImplied: 0)
    harness.send(.isActive, Self.object, stream: 1)
    #expect(harness.answers(on: 1) == [.respond(Self.activity(false))])
    var other = Self.object
    other.name = "made-up"
    other.policy = "web"
    harness.send(.isActive, other, stream: 3)
    guard case .end(let status)? = harness.answers(on: 3).first else {
      Issue.record("a made-up name has an answer")
      return
    }
    #expect(status.code == .resourceExhausted)
  }

  @Test func `ScaledObjects that take long let the engine do other work after each`() throws {
    let harness = try EngineHarness(Catalog(), zones: SlowDatabase())
    let objects = (0..<16).map { number in
      var object = Self.object
      object.name = "new-\(number)"
      object.trigger = TriggerMetadata([
        ("start", "\(number) 8 * * *"), ("end", "0 18 * * *"), ("timezone", "UTC"),
        ("desiredReplicas", "3"),
      ])
      return object
    }
    let counts = harness.sendAtOnce(.isActive, objects)
    #expect(zip(counts, counts.dropFirst()).allSatisfy { $1 - $0 <= 1 }, "\(counts)")
    for index in objects.indices {
      #expect(harness.answers(on: Int32(2 * index + 1)).count == 1)
    }
  }

  @Test func `an implied policy is vouched for once the forecaster has answered for it`() throws {
    var catalog = Self.catalog(Self.scheduled)
    let source = DataSource(
      name: ResourceName(name: "default"), kind: .forecaster, address: "http://forecaster")
    catalog.dataSources[DataSourceKey(kind: .forecaster, name: source.name)] = source
    let harness = try EngineHarness(catalog, firstFetchWait: .zero)
    let object = ScaledObject(namespace: "default", name: "my-api")
    harness.send(.isActive, object, stream: 1)
    func isVouchedFor() -> [Bool]? {
      harness.onEngine { engine, _ in
        engine.snapshot().policies.filter(\.isImplied).map(\.isVouchedFor)
      }
    }
    #expect(isVouchedFor() == [false])
    let feed = Feed.forecast(source: source.name, workload: "my-api")
    let before = harness.onEngine { engine, _ in engine.snapshot().impliedByteCount } ?? 0
    let series = ForecastSeries(
      generatedAt: harness.clock.now, step: .seconds(60),
      replicas: Array(repeating: 3, count: 1000))
    harness.supply(
      Reading(value: .forecast(series), obtainedAt: harness.clock.now), for: feed)
    #expect(isVouchedFor() == [true])
    #expect(
      harness.onEngine { engine, _ in engine.snapshot().impliedByteCount } == before + 8000)
    harness.forget(object)
    #expect(harness.onEngine { engine, _ in engine.snapshot().impliedByteCount } == 0)
  }

  @Test func `one ScaledObject past the limit is refused with RESOURCE_EXHAUSTED`() throws {
    let harness = try EngineHarness(Self.catalog(Self.scheduled), maxSubscriptions: 1)
    harness.send(.isActive, Self.object, stream: 1)
    #expect(harness.answers(on: 1) == [.respond(Self.activity(false))])
    harness.send(.isActive, ScaledObject(namespace: "other", name: "web"), stream: 3)
    guard case .end(let status)? = harness.answers(on: 3).first else {
      Issue.record("the limit did not bite")
      return
    }
    #expect(status.code == .resourceExhausted)
  }

  @Test func `metricName names the metric in specification and value`() throws {
    let harness = try EngineHarness(Self.catalog(Self.scheduled))
    var object = Self.object
    object.metricName = "rps"
    harness.send(.getMetricSpec, object, stream: 1)
    harness.send(.streamMetricSpec, object, stream: 3)
    harness.send(.getMetrics, object, stream: 5)
    let spec = MessageEncoder.getMetricSpecResponse(metricName: "rps")
    #expect(harness.answers(on: 1) == [.respond(spec)])
    #expect(harness.answers(on: 3) == [.send(spec)])
    #expect(
      harness.answers(on: 5) == [
        .respond(MessageEncoder.getMetricsResponse(metricName: "rps", replicas: 0))
      ])
  }

  @Test func `remembers what it decided, by the policy's name`() throws {
    let harness = try EngineHarness(Self.catalog(Self.live(namespace: "default")))
    let start = harness.clock.now
    for (second, value) in [30.0, 31, 45, 44].enumerated() {
      harness.clock.now = start.advanced(by: .seconds(second))
      harness.supply(Self.sample(value, at: harness.clock.now), for: Self.feed)
    }
    let name = ResourceName(namespace: "default", name: "web")
    let found: PolicyDetail?? = harness.onEngine { engine, _ in engine.detail(named: name) }
    let detail = try #require(found ?? nil)
    let decisions = detail.history.decisions()
    #expect(decisions.map(\.replicas) == [nil, 3, 4, 5])
    #expect(decisions.last?.at == start.advanced(by: .seconds(2)))
    #expect(detail.snapshot.decision.at == start.advanced(by: .seconds(3)))
    let missing: PolicyDetail?? = harness.onEngine { engine, _ in
      engine.detail(named: ResourceName(namespace: "default", name: "none"))
    }
    #expect((missing ?? nil) == nil)
    #expect(harness.onEngine { engine, _ in engine.policyNames() } == [name])
  }

  @Test func `a decision is found by the name of a policy, and of one that a trigger adjusts`()
    throws
  {
    let harness = try EngineHarness(Self.catalog(Self.live(namespace: nil)))
    var object = Self.object
    for leadTime in ["20m", "10m"] {
      object.leadTime = leadTime
      harness.send(.isActive, object, stream: 1)
    }
    func found(_ name: String, in namespace: String? = "default") -> Duration? {
      let name = ResourceName(namespace: namespace, name: name)
      let detail: PolicyDetail?? = harness.onEngine { engine, _ in engine.detail(named: name) }
      return detail??.snapshot.policy.leadTime
    }
    let own = try #require(found("web"))
    #expect(own != .seconds(600) && found("web", in: nil) == own)
    #expect(found("web@10m") == .seconds(600))
    #expect(found("web@20m") == .seconds(1200))
    #expect(found("web@30m") == nil)
  }

  @Test func `one reading changes the answers of more ScaledObjects than fit one message`() throws {
    let harness = try EngineHarness(Self.catalog(Self.live()), maxSubscriptions: 1000)
    harness.supply(Self.sample(10, at: harness.clock.now), for: Self.feed)
    let objects = (0..<700).map { number in
      ScaledObject(namespace: "default", name: "web-\(number)", policy: "web")
    }
    for (index, object) in objects.enumerated() {
      harness.send(.streamIsActive, object, stream: Int32(2 * index + 1))
    }
    // A slow machine takes longer for all of them than the first waits for its second `true`.
    func isActive(_ index: Int) -> Bool {
      let answers = harness.answers(on: Int32(2 * index + 1))
      return !answers.isEmpty && answers.allSatisfy { $0 == .send(Self.activity(true)) }
    }
    for index in objects.indices { #expect(isActive(index)) }
    harness.supply(Self.sample(0, at: harness.clock.now), for: Self.feed)
    harness.supply(Self.sample(20, at: harness.clock.now), for: Self.feed)
    for (index, object) in objects.enumerated() {
      #expect(isActive(index))
      harness.send(.getMetrics, object, stream: Int32(2 * index + 2001))
      #expect(harness.answers(on: Int32(2 * index + 2001)) == [Self.metrics(2)])
    }
  }
}

/// Takes longer for each zone than a batch may take: a turn of the loop has room for one ScaledObject.
private struct SlowDatabase: TimeZoneDatabase {
  func timeZone(named name: String) -> (any TimeZoneRules)? {
    let start = EventLoop.clock
    while EventLoop.clock - start < 6_000_000 {}
    return UTCDatabase().timeZone(named: name)
  }
}
