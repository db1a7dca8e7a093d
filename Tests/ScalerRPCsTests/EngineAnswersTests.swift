internal import DecisionEngine
internal import GRPCWire
internal import HTTP2Server
internal import ScalerMessages
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import ScalerRPCs

@Suite struct EngineAnswersTests {
  static let feed = Feed.query(
    source: ResourceName(name: "main"), promQL: "up", onEmpty: .error)
  static let object = ScaledObject(namespace: "default", name: "web")

  /// Ten replicas between 09:00 and 10:00 UTC of every day, none else; a lead of five minutes.
  static let scheduled = Policy(
    name: ResourceName(name: "web"),
    signals: [
      Signal(
        name: "calendar",
        kind: .schedule(
          Schedule(rules: [
            ScheduleRule(
              name: "Morning", start: TimeOfDay(minutes: 540) ?? .startOfDay,
              end: TimeOfDay(minutes: 600) ?? .endOfDay, replicas: 10)
          ])))
    ])

  static func live(
    whenUnavailable: UnavailableBehaviour = .error, namespace: String? = nil
  ) -> Policy {
    Policy(
      name: ResourceName(namespace: namespace, name: "web"),
      signals: [
        Signal(
          name: "live",
          kind: .prometheus(PrometheusSignal(source: "main", query: "up", threshold: 10)))
      ], whenUnavailable: whenUnavailable)
  }

  static func catalog(_ policies: Policy...) -> Catalog {
    let source = DataSource(
      name: ResourceName(name: "main"), kind: .prometheus, address: "http://prometheus")
    return Catalog(
      policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.name, Shared($0)) }),
      dataSources: [DataSourceKey(kind: .prometheus, name: source.name): source])
  }

  static func sample(_ value: Double, at now: Instant) -> Reading {
    Reading(value: .sample(value), obtainedAt: now)
  }

  static func metrics(_ replicas: Int) -> RPCResponder.Answer {
    .respond(MessageEncoder.getMetricsResponse(metricName: "desired_replicas", replicas: replicas))
  }

  static func activity(_ active: Bool) -> [UInt8] {
    MessageEncoder.isActiveResponse(active)
  }

  /// 2027-01-15 08:00 UTC is where the harness's clock starts.
  func time(_ minutes: Int64, on harness: EngineHarness) -> Instant {
    Instant(milliseconds: 1_800_000_000_000 - 1_800_000_000_000 % 86_400_000 + minutes * 60_000)
  }

  @Test func `GetMetrics and IsActive answer from one decision`() throws {
    let harness = try EngineHarness(Self.catalog(Self.live()))
    harness.supply(Self.sample(95, at: harness.clock.now), for: Self.feed)
    harness.send(.getMetrics, Self.object, stream: 1)
    harness.send(.isActive, Self.object, stream: 3)
    #expect(harness.answers(on: 1) == [Self.metrics(10)])
    #expect(harness.answers(on: 3) == [.respond(Self.activity(true))])
    harness.supply(Self.sample(0, at: harness.clock.now), for: Self.feed)
    harness.send(.getMetrics, Self.object, stream: 5)
    harness.send(.isActive, Self.object, stream: 7)
    #expect(harness.answers(on: 5) == [Self.metrics(0)])
    #expect(harness.answers(on: 7) == [.respond(Self.activity(false))])
  }

  @Test func `the first request waits for the first fetch`() throws {
    let harness = try EngineHarness(Self.catalog(Self.live()), firstFetchWait: .seconds(3600))
    harness.send(.getMetrics, Self.object, stream: 1)
    harness.send(.isActive, Self.object, stream: 3)
    #expect(harness.answers(on: 1).isEmpty)
    harness.supply(Self.sample(5, at: harness.clock.now), for: Self.feed)
    #expect(harness.answers(on: 1) == [Self.metrics(1)])
    #expect(harness.answers(on: 3) == [.respond(Self.activity(true))])
  }

  @Test func `a first fetch that fails is answered with the reason, in both RPCs`() throws {
    let harness = try EngineHarness(Self.catalog(Self.live()), firstFetchWait: .seconds(3600))
    harness.send(.getMetrics, Self.object, stream: 1)
    harness.send(.isActive, Self.object, stream: 3)
    let failure = Reading.Failure(since: harness.clock.now, message: "could not connect")
    harness.supply(Reading(failure: failure), for: Self.feed)
    for stream in [Int32(1), 3] {
      guard case .end(let status)? = harness.answers(on: stream).first else {
        Issue.record("no error on stream \(stream)")
        continue
      }
      #expect(status.code == .unavailable)
      #expect(status.message.contains("could not connect"))
    }
  }

  @Test func `whenUnavailable inactive makes IsActive false and leaves GetMetrics an error`() throws
  {
    let harness = try EngineHarness(Self.catalog(Self.live(whenUnavailable: .inactive)))
    let failure = Reading.Failure(since: harness.clock.now, message: "could not connect")
    harness.supply(Reading(failure: failure), for: Self.feed)
    harness.send(.isActive, Self.object, stream: 1)
    harness.send(.getMetrics, Self.object, stream: 3)
    #expect(harness.answers(on: 1) == [.respond(Self.activity(false))])
    guard case .end(let status)? = harness.answers(on: 3).first else {
      Issue.record("no error")
      return
    }
    #expect(status.code == .unavailable)
  }

  @Test func `GetMetricSpec answers even where no policy does`() throws {
    let harness = try EngineHarness(Self.catalog())
    harness.send(.getMetricSpec, Self.object, stream: 1)
    #expect(
      harness.answers(on: 1) == [
        .respond(MessageEncoder.getMetricSpecResponse(metricName: "desired_replicas"))
      ])
    harness.send(.getMetrics, Self.object, stream: 3)
    guard case .end(let status)? = harness.answers(on: 3).first else {
      Issue.record("no error")
      return
    }
    #expect(status.code == .notFound)
  }

  @Test func `a stream gets rising edges only, and nothing on open while inactive`() throws {
    let harness = try EngineHarness(Self.catalog(Self.live()))
    harness.supply(Self.sample(0, at: harness.clock.now), for: Self.feed)
    harness.send(.streamIsActive, Self.object, stream: 1)
    // KEDA up to 2.17 would take `false` for an order (C28).
    #expect(harness.answers(on: 1).isEmpty)
    harness.supply(Self.sample(50, at: harness.clock.now), for: Self.feed)
    #expect(harness.answers(on: 1) == [.send(Self.activity(true))])
    harness.supply(Self.sample(90, at: harness.clock.now), for: Self.feed)
    harness.supply(Self.sample(0, at: harness.clock.now), for: Self.feed)
    #expect(harness.answers(on: 1).isEmpty)
    harness.supply(Self.sample(50, at: harness.clock.now), for: Self.feed)
    #expect(harness.answers(on: 1) == [.send(Self.activity(true))])
    harness.end(.streamIsActive, stream: 1)
    harness.supply(Self.sample(0, at: harness.clock.now), for: Self.feed)
    harness.supply(Self.sample(50, at: harness.clock.now), for: Self.feed)
    #expect(harness.answers(on: 1).isEmpty)
  }

  @Test func `losing and regaining a signal is no rising edge`() throws {
    var limited = Self.live()
    limited.hold = .upTo(.seconds(300))
    let harness = try EngineHarness(Self.catalog(limited))
    harness.supply(Self.sample(50, at: harness.clock.now), for: Self.feed)
    harness.send(.streamIsActive, Self.object, stream: 1)
    #expect(harness.answers(on: 1) == [.send(Self.activity(true))])
    let now = harness.clock.now
    let lost = now.advanced(by: .seconds(-3600))
    harness.supply(
      Reading(
        value: .sample(50), obtainedAt: lost, failure: .init(since: lost, message: "gone")),
      for: Self.feed)
    harness.send(.isActive, Self.object, stream: 3)
    guard case .end? = harness.answers(on: 3).first else {
      Issue.record("the decision should be unavailable")
      return
    }
    harness.supply(Self.sample(50, at: now), for: Self.feed)
    #expect(harness.answers(on: 1).isEmpty)
  }

  @Test func `a schedule pushes the moment that its rise enters the lead window`() throws {
    let harness = try EngineHarness(Self.catalog(Self.scheduled))
    harness.clock.now = time(534, on: harness)
    harness.update(Self.catalog(Self.scheduled))
    harness.send(.streamIsActive, Self.object, stream: 1)
    // KEDA up to 2.17 would take `false` for an order (C28).
    #expect(harness.answers(on: 1).isEmpty)
    // The window is half-open: at 08:55 it ends just before the rise.
    harness.clock.now = time(535, on: harness)
    harness.onEngine { engine, _ in engine.decideWhatIsDue() }
    harness.settle()
    #expect(harness.answers(on: 1).isEmpty)
    harness.clock.now = time(535, on: harness).advanced(by: .milliseconds(1))
    // The engine's timer runs on the machine's clock, which the manual one has overtaken: the next
    // thing that happens makes it look at what is due.
    harness.onEngine { engine, _ in engine.decideWhatIsDue() }
    harness.settle()
    #expect(harness.answers(on: 1) == [.send(Self.activity(true))])
  }

  @Test(arguments: [Duration.seconds(3600), .seconds(-3600)])
  func `a wall clock that is set neither ends nor prolongs a hold`(_ step: Duration) throws {
    var limited = Self.live()
    limited.hold = .upTo(.seconds(300))
    let harness = try EngineHarness(Self.catalog(limited))
    let failed = harness.clock.now
    harness.supply(
      Reading(
        value: .sample(50), obtainedAt: failed, failure: .init(since: failed, message: "gone")),
      for: Self.feed)
    harness.clock.now = failed.advanced(by: step)
    harness.onEngine { engine, _ in engine.noticeClockStep() }
    harness.send(.getMetrics, Self.object, stream: 1)
    #expect(harness.answers(on: 1) == [Self.metrics(5)])
    // The hold of five minutes, on the new clock.
    harness.clock.now = failed.advanced(by: step + .seconds(299))
    harness.onEngine { engine, _ in engine.decideWhatIsDue() }
    harness.send(.getMetrics, Self.object, stream: 3)
    #expect(harness.answers(on: 3) == [Self.metrics(5)])
    harness.clock.now = failed.advanced(by: step + .seconds(301))
    harness.onEngine { engine, _ in engine.decideWhatIsDue() }
    harness.settle()
    harness.send(.getMetrics, Self.object, stream: 5)
    guard case .end(let status)? = harness.answers(on: 5).first else {
      Issue.record("the hold did not end")
      return
    }
    #expect(status.code == .unavailable)
  }

  @Test func `a reload changes the answers, and releases feeds that no policy reads`() throws {
    let harness = try EngineHarness(Self.catalog(Self.live()))
    #expect(harness.retained == [Self.feed: 1])
    harness.supply(Self.sample(50, at: harness.clock.now), for: Self.feed)
    harness.send(.getMetrics, Self.object, stream: 1)
    #expect(harness.answers(on: 1) == [Self.metrics(5)])
    var edited = Self.live()
    edited.limits.minReplicas = 7
    harness.update(Self.catalog(edited))
    harness.send(.getMetrics, Self.object, stream: 3)
    #expect(harness.answers(on: 3) == [Self.metrics(7)])
    harness.update(Self.catalog(edited, Self.live(namespace: "default")))
    harness.send(.getMetrics, Self.object, stream: 5)
    #expect(harness.answers(on: 5) == [Self.metrics(5)])
    #expect(harness.retained == [Self.feed: 2])
    harness.update(Self.catalog())
    aMinutePasses(harness)
    #expect(harness.retained.isEmpty)
    harness.send(.getMetrics, Self.object, stream: 7)
    guard case .end(let status)? = harness.answers(on: 7).first else {
      Issue.record("a deleted policy still answers")
      return
    }
    #expect(status.code == .notFound)
  }

  @Test func `a trigger's own lead time decides apart, and goes with the policy`() throws {
    let harness = try EngineHarness(Self.catalog(Self.scheduled))
    harness.clock.now = time(500, on: harness)
    harness.update(Self.catalog(Self.scheduled))
    var early = Self.object
    early.leadTime = "1h"
    harness.send(.getMetrics, early, stream: 1)
    harness.send(.getMetrics, Self.object, stream: 3)
    #expect(harness.answers(on: 1) == [Self.metrics(10)])
    #expect(harness.answers(on: 3) == [Self.metrics(0)])
    #expect(harness.onEngine { engine, _ in engine.snapshot().policies.count } == 2)
    harness.update(Self.catalog())
    aMinutePasses(harness)
    #expect(harness.onEngine { engine, _ in engine.snapshot().policies.count } == 0)
  }

  /// A deleted policy is answered for that long.
  func aMinutePasses(_ harness: EngineHarness) {
    harness.onEngine { engine, harness in
      harness.clock.now = harness.clock.now.advanced(by: .seconds(60))
      engine.forgetWhatIsOver()
    }
    harness.settle()
  }
}
