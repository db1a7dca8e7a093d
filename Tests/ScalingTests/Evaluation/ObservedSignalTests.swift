internal import Testing
internal import Time

@testable internal import Scaling

/// `observe: true`: judged and shown, without a part in any decision.
struct ObservedSignalTests {
  private static let now = Instant(milliseconds: 1_795_176_000_000)

  private static func query(_ name: String, observe: Bool = false) -> Signal {
    Signal(
      name: name, observe: observe,
      kind: .prometheus(PrometheusSignal(source: "main", query: name, threshold: 1)))
  }

  private static func value(_ value: Double) -> SignalReading {
    .prometheus(Reading(value: .sample(value), obtainedAt: now))
  }

  private static func decide(
    _ signals: [Signal], _ readings: [SignalReading], memory: Decision.Memory = Decision.Memory()
  ) -> Decision {
    Evaluator.decide(
      Policy(name: ResourceName(name: "web"), signals: signals), readings: readings,
      memory: memory, at: now)
  }

  @Test func `An observed signal is shown and raises nothing`() {
    let decision = Self.decide(
      [Self.query("live"), Self.query("trial", observe: true)], [Self.value(3), Self.value(9)])
    #expect(decision.replicas == 3)
    #expect(decision.winner == 0)
    #expect(decision.contributions[1].replicas == 9)
    #expect(decision.contributions[1].isObserved)
    #expect(
      decision.explanation(at: Self.now)
        == "3 replicas: live asks for 3 now (3, 0s old); observed only: trial asks for 9 now (9, 0s"
        + " old).")
  }

  @Test func `An observed signal that is unknown keeps nothing from being decided`() {
    let decision = Self.decide(
      [Self.query("live"), Self.query("trial", observe: true)],
      [Self.value(3), .prometheus(nil)])
    #expect(decision.replicas == 3)
    #expect(!decision.contributions[1].isMissing)
  }

  @Test func `A cap of an observed schedule holds nobody back`() {
    let rule = ScheduleRule(name: "night", atMost: 1)
    let schedule = Signal(
      name: "night", observe: true, kind: .schedule(Schedule(rules: [rule])))
    let timeline = ScheduleTimeline(
      from: .distantPast, to: .distantFuture,
      steps: [.init(start: .distantPast, replicas: 0, rule: nil, cap: 1, capRule: 0)])
    let decision = Self.decide(
      [Self.query("live"), schedule], [Self.value(3), .schedule(timeline)])
    #expect(decision.replicas == 3)
    var applied = schedule
    applied.observe = false
    #expect(
      Self.decide([Self.query("live"), applied], [Self.value(3), .schedule(timeline)]).replicas == 1
    )
  }

  @Test func `Observed signals alone decide nothing, and that is said`() {
    let decision = Self.decide([Self.query("trial", observe: true)], [Self.value(9)])
    #expect(
      decision.outcome == .unavailable(reason: "all of the policy's signals are observed only"))
  }
}
