internal import Scaling
internal import Testing

/// The rules of design section 1, one by one.
struct EvaluatorTests {
  @Test func `A rule counts from the instant at which its start comes into the lead window`() throws
  {
    let schedule = Schedule(
      timeZone: "Europe/Paris", defaultReplicas: 2,
      rules: [try ScheduleRule("Business hours", "09:00", "18:00", replicas: 10)])
    let setting = try Setting(leadTime: .seconds(600), [.calendar(schedule)])
    // 08:50 in Paris. The window is half open: 09:00 itself is outside of it for one instant more.
    let before = setting.decide("2026-11-20T07:50:00Z")
    #expect(before.replicas == 2)
    #expect(before.validUntil == (try .at("2026-11-20T07:50:00.001Z")))

    let rising = setting.decide("2026-11-20T07:50:00.001Z")
    #expect(rising.replicas == 10)
    #expect(rising.contributions[0].peak == (try .at("2026-11-20T08:00:00Z")))
    #expect(rising.contributions[0].rule == "Business hours")
    #expect(rising.validUntil == (try .at("2026-11-20T08:00:00Z")))
    // It falls at the end of the rule, and not a lead time earlier.
    #expect(setting.decide("2026-11-20T16:59:59.999Z").replicas == 10)
    #expect(setting.decide("2026-11-20T17:00:00Z").replicas == 2)
  }

  @Test func `Without a lead time the present instant alone counts`() throws {
    let schedule = Schedule(rules: [try ScheduleRule("Day", "09:00", "18:00", replicas: 10)])
    let setting = try Setting(leadTime: .zero, [.calendar(schedule)])
    let before = setting.decide("2026-11-20T08:59:59.999Z")
    #expect(before.replicas == 0)
    #expect(before.validUntil == (try .at("2026-11-20T09:00:00Z")))
    #expect(setting.decide("2026-11-20T09:00:00Z").replicas == 10)
  }

  @Test func `The highest of several signals wins, and of equals the first`() throws {
    let setting = try Setting([.live(300), .predicted([4, 4]), .live(350, name: "other")])
    let decision = setting.decide()
    #expect(decision.replicas == 4)
    #expect(decision.winner == 1)
    #expect(decision.contributions.map(\.replicas) == [3, 4, 4])
    #expect(decision.appliedLimits == [])
    #expect(decision.memory.signals.map(\.?.replicas) == [3, 4, 4])
    #expect(decision.active == true)
  }

  @Test func `A signal's own lead time bounds it alone`() throws {
    var setting = try Setting(leadTime: .seconds(60), [.predicted([1, 2, 3, 4, 5, 6])])
    #expect(setting.decide().replicas == 1)
    setting.policy.signals[0].leadTime = .seconds(240)
    #expect(setting.decide().replicas == 4)
    #expect(setting.policy.leadWindow == .seconds(240))
  }

  @Test func `The lead window is the longest of the signals', and the policy's without any`() throws
  {
    var setting = try Setting(leadTime: .seconds(60), [.live(1), .live(1, name: "other")])
    setting.policy.signals[1].leadTime = .seconds(30)
    #expect(setting.policy.leadWindow == .seconds(60))
    setting.policy.signals[0].leadTime = .seconds(10)
    #expect(setting.policy.leadWindow == .seconds(30))
    setting.policy.signals = []
    #expect(setting.policy.leadWindow == .seconds(60))
  }

  // MARK: Limits

  @Test func `Limits that change the answer are named, others are not`() throws {
    var setting = try Setting([.live(720)])
    setting.policy.limits = ReplicaLimits(minReplicas: 2, maxReplicas: 8)
    #expect(setting.decide().appliedLimits == [])
    setting.policy.limits.maxReplicas = 7
    let limited = setting.decide()
    #expect(limited.replicas == 7)
    #expect(limited.appliedLimits == [.maxReplicas(7)])
    #expect(limited.winner == 0)
    setting.policy.limits = ReplicaLimits(minReplicas: 9)
    let raised = setting.decide()
    #expect(raised.replicas == 9)
    #expect(raised.appliedLimits == [.minReplicas(9)])
    #expect(raised.winner == nil)
  }

  @Test func `A cap bounds every signal at each instant, not the maximum`() throws {
    // Capped at 5 for the first minute, free after it.
    let schedule = Schedule(rules: [try ScheduleRule("Night", "00:00", "08:01", atMost: 5)])
    let setting = try Setting(
      leadTime: .seconds(300), [.calendar(schedule), .predicted([50, 8, 6, 6, 6, 6])])
    let decision = setting.decide()
    #expect(decision.replicas == 8)
    #expect(decision.winner == 1)
    #expect(decision.contributions[1].replicas == 50)
    #expect(decision.appliedLimits == [.cap(signal: "calendar", rule: "Night", replicas: 5)])
  }

  @Test func `The cap that decides is the one that is named`() throws {
    let schedule = Schedule(rules: [
      try ScheduleRule("Night", "00:00", "09:00", atMost: 5),
      try ScheduleRule("Morning", "09:00", "12:00", atMost: 8),
    ])
    let setting = try Setting(leadTime: .seconds(300), [.live(9900), .calendar(schedule)])
    let decision = setting.decide("2026-11-20T08:59:00Z")
    #expect(decision.replicas == 8)
    #expect(decision.appliedLimits == [.cap(signal: "calendar", rule: "Morning", replicas: 8)])
    #expect(decision.winner == 0)
  }

  @Test func `Of several schedules the lowest cap holds`() throws {
    let setting = try Setting([
      .calendar(Schedule(rules: [try ScheduleRule("Five", atMost: 5)])),
      .calendar(Schedule(rules: [try ScheduleRule("Three", atMost: 3)]), name: "other"),
      .live(9900),
    ])
    let decision = setting.decide()
    #expect(decision.replicas == 3)
    #expect(decision.appliedLimits == [.cap(signal: "other", rule: "Three", replicas: 3)])
  }

  @Test func `A cap of zero is zero, unless minReplicas lifts it`() throws {
    let schedule = Schedule(
      defaultReplicas: 4, rules: [try ScheduleRule("Maintenance", atMost: 0)])
    var setting = try Setting([.calendar(schedule), .live(9900)])
    #expect(setting.decide().replicas == 0)
    #expect(setting.decide().active == false)
    setting.policy.limits.minReplicas = 2
    #expect(setting.decide().replicas == 2)
    #expect(
      setting.decide().appliedLimits == [
        .cap(signal: "calendar", rule: "Maintenance", replicas: 0), .minReplicas(2),
      ])
  }

  @Test func `A cap comes into the shorter window of another signal at its own instant`() throws {
    let schedule = Schedule(rules: [try ScheduleRule("Night", "09:00", "10:00", atMost: 5)])
    var setting = try Setting(leadTime: .seconds(600), [.calendar(schedule), .live(9900)])
    setting.policy.signals[1].leadTime = .seconds(60)
    // The live signal's window is all uncapped until the last instant before 09:00.
    #expect(setting.decide("2026-11-20T08:59:59.999Z").replicas == 99)
    #expect(setting.decide("2026-11-20T09:00:00Z").replicas == 5)
    let decision = setting.decide("2026-11-20T08:55:00Z")
    #expect(decision.validUntil == (try .at("2026-11-20T08:59:00.001Z")))
  }

  // MARK: Prometheus

  @Test(
    "Replicas are the ceiling of value by threshold",
    arguments: [
      (0, 100, 0, 0), (0.5, 100, 0, 1), (100, 100, 0, 1), (100.001, 100, 0, 2),
      (241.5, 100, 5, 3), (5, 100, 5, 0), (5.000001, 100, 5, 1), (-7, 100, 0, 0),
      (-7, 100, -10, 0), (0.3, 0.1, 0, 3), (0.7, 0.1, 0, 7), (2.1, 0.3, 0, 7),
      (2.1, 0.7, 0, 3), (0.30000000000000004, 0.1, 0, 3), (2.0006, 1, 0, 2),
      (2.0009, 1, 0, 2), (2.0009999999, 1, 0, 3), (0.0004, 1, 0, 1), (1, 0.3336, 0, 3),
      (1, 0.3326, 0, 4), (0.001, 0.0001, 0, 10),
      (1e300, 1e-300, 0, 2_147_483_647), (2_147_483_646.5, 1, 0, 2_147_483_647),
      (2_147_483_648, 1, 0, 2_147_483_647), (.leastNonzeroMagnitude, 1e300, 0, 1),
    ] as [(Double, Double, Double, Int)])
  func prometheusReplicas(
    value: Double, threshold: Double, activationThreshold: Double, replicas: Int
  ) {
    let signal = PrometheusSignal(
      source: "main", query: "q", threshold: threshold, activationThreshold: activationThreshold)
    #expect(signal.replicas(for: value) == replicas)
  }

  @Test(
    "A value that is not finite is no reading",
    arguments: [
      Double.nan, .infinity, -.infinity,
    ])
  func notFinite(value: Double) throws {
    #expect(try Setting([.live(value)]).decide().replicas == nil)
  }

  @Test func `A lost query goes on asking until its hold is over, and then is unknown`() throws {
    var setting = try Setting([.live(300)])
    setting.policy.hold = .upTo(.seconds(300))
    setting.policy.signals[0].required = true
    setting.fail(0, since: "2026-11-20T08:00:00Z", "HTTP 500 from http://prometheus:9090")
    let held = setting.decide("2026-11-20T08:04:59.999Z")
    #expect(held.replicas == 3)
    #expect(held.contributions[0].state == .held)
    #expect(held.contributions[0].problem == "HTTP 500 from http://prometheus:9090")
    #expect(held.contributions[0].lostSince == base)
    #expect(held.validUntil == (try .at("2026-11-20T08:05:00Z")))

    let lost = setting.decide("2026-11-20T08:05:00Z")
    #expect(
      lost.outcome
        == .unavailable(
          reason: "the required signal \"live\" is unknown: lost since 2026-11-20T08:00:00Z, longer"
            + " than the hold of 5m: HTTP 500 from http://prometheus:9090"))
    #expect(lost.contributions[0].value == 300)
  }

  @Test(
    "With an uptime filter zero is for targets that are known to be up",
    arguments: [
      (Reading(value: .sample(1)), 0),
      (Reading(value: .sample(0)), nil),
      (Reading(value: .sample(0.5)), nil),
      (Reading(value: .sample(.nan)), nil),
      (Reading(), nil),
      (nil, nil),
      (Reading(value: .sample(1), failure: .init(since: base, message: "HTTP 500")), nil),
    ] as [(Reading?, Int?)])
  func uptime(reading: Reading?, replicas: Int?) throws {
    var setting = try Setting([.live(0)])
    setting.setUptime(0, reading)
    #expect(setting.decide().replicas == replicas)
    // It is asked about zero alone.
    setting.readings[0] = .prometheus(Reading(value: .sample(1)), uptime: reading)
    #expect(setting.decide().replicas == 1)
    #expect(setting.decide().contributions[0].state == .fresh)
  }

  // MARK: Missing signals

  /// Decides, and remembers.
  private func step(_ setting: inout Setting, _ seconds: Int64) -> Decision {
    let decision = setting.decide(at: base + .seconds(seconds))
    setting.memory = decision.memory
    return decision
  }

  @Test func `A lost signal goes on asking for what it last asked, and the others move`() throws {
    var setting = try Setting([.live(200), .live(900, name: "other")])
    #expect(step(&setting, 0).replicas == 9)
    setting.fail(1, since: "2026-11-20T08:00:05Z", "HTTP 500")
    let lost = step(&setting, 10)
    #expect(lost.replicas == 9)
    #expect(lost.winner == 1)
    #expect(lost.appliedLimits == [])
    #expect(lost.validUntil == .distantFuture)
    #expect(step(&setting, 864_000).replicas == 9)
    setting.readings[0] = .prometheus(Reading(value: .sample(1200)))
    #expect(step(&setting, 864_010).replicas == 12)
    setting.readings[0] = .prometheus(Reading(value: .sample(0)))
    #expect(step(&setting, 864_020).replicas == 9)
    setting.readings[1] = .prometheus(Reading(value: .sample(100)))
    #expect(step(&setting, 864_030).replicas == 1)
  }

  @Test func `Two signals that are lost one after the other both go on asking`() throws {
    let schedule = Schedule(defaultReplicas: 1)
    var setting = try Setting(
      [.calendar(schedule), .live(4000, name: "A"), .live(3000, name: "B")])
    setting.policy.signals[1].required = true
    #expect(step(&setting, 0).replicas == 40)
    setting.fail(1, since: "2026-11-20T08:00:05Z", "HTTP 500")
    #expect(step(&setting, 10).replicas == 40)
    setting.fail(2, since: "2026-11-20T08:00:15Z", "HTTP 500")
    #expect(step(&setting, 20).replicas == 40)
    #expect(step(&setting, 36_000).replicas == 40)
    setting.policy.hold = .upTo(.seconds(3))
    #expect(step(&setting, 36_001).replicas == nil)
  }

  @Test func `A lost forecast does not keep the calendar from ending the day`() throws {
    let schedule = Schedule(rules: [try ScheduleRule("Day", "08:00", "09:00", replicas: 10)])
    var setting = try Setting(leadTime: .zero, [.calendar(schedule), .predicted([2])])
    #expect(step(&setting, 0).replicas == 10)
    setting.readings[1] = .forecast(nil)
    #expect(step(&setting, 3599).replicas == 10)
    #expect(step(&setting, 3600).replicas == 2)
  }

  @Test func `A forecast goes on by its series, and then by its last number`() throws {
    var setting = try Setting(leadTime: .zero, [.predicted([3, 9, 4])])
    #expect(step(&setting, 0).replicas == 3)
    setting.readings[0] = .forecast(
      Reading(failure: Reading.Failure(since: base, message: "HTTP 500")))
    #expect(step(&setting, 60).replicas == 9)
    #expect(step(&setting, 120).replicas == 4)
    #expect(step(&setting, 600).replicas == 4)
  }

  @Test(arguments: [Int64(2_000_000_000), -7200])
  func `A snapshot that does not reach into the window does not replace one that does`(
    offset: Int64
  ) throws {
    var setting = try Setting([.predicted(Array(repeating: 20, count: 60))])
    #expect(step(&setting, 0).replicas == 20)
    let useless = ForecastSeries(
      generatedAt: base + .seconds(offset), step: .seconds(60), replicas: [1, 1])
    setting.readings[0] = .forecast(Reading(value: .forecast(useless), obtainedAt: base))
    let decision = step(&setting, 15)
    #expect(decision.replicas == 20)
    #expect(decision.contributions[0].state == .held)
    #expect(decision.contributions[0].problem?.hasPrefix("the snapshot") == true)
  }

  @Test func `A signal of which nothing was ever read takes no part unless it is required`() throws
  {
    var setting = try Setting([.live(200), .predicted([])])
    #expect(setting.decide().replicas == 2)
    setting.readings[0] = .prometheus(Reading(value: .sample(0)))
    #expect(setting.decide().replicas == 0)
    setting.policy.signals[1].required = true
    let decision = setting.decide()
    #expect(
      decision.outcome
        == .unavailable(
          reason: "the required signal \"predicted\" is unknown: it has not been read yet"))
    #expect(decision.winner == nil)
    #expect(decision.appliedLimits == [])
    setting.policy.limits.minReplicas = 3
    #expect(setting.decide().replicas == nil)
  }

  @Test func `A silent signal prevents nothing; where all are silent there is no number`() throws {
    var setting = try Setting([.live(200), .predicted([])])
    setting.policy.signals[1].required = true
    setting.readings[1] = .forecast(
      Reading(failure: Reading.Failure(since: base, message: "no forecast", kind: .silent)))
    let decision = setting.decide()
    #expect(decision.replicas == 2)
    #expect(decision.contributions[1].state == .silent)
    setting.policy.signals.remove(at: 0)
    setting.readings.remove(at: 0)
    #expect(
      setting.decide().outcome
        == .unavailable(reason: "the signal \"predicted\" is silent: no forecast"))
  }

  @Test func `A signal that ever asked is held and not silent`() throws {
    var setting = try Setting([.predicted([7])])
    #expect(step(&setting, 0).replicas == 7)
    setting.readings[0] = .forecast(
      Reading(failure: Reading.Failure(since: base, message: "no forecast", kind: .silent)))
    let decision = step(&setting, 10_000)
    #expect(decision.replicas == 7)
    #expect(decision.contributions[0].state == .held)
  }

  @Test func `A partial answer may raise and never lower`() throws {
    var setting = try Setting([.live(2500)])
    func partial(_ bound: Double?) -> SignalReading {
      .prometheus(
        Reading(
          value: .sample(2500), obtainedAt: base,
          failure: .init(since: base, message: "store-2 is away", kind: .partial(bound))))
    }
    setting.readings[0] = partial(300)
    #expect(
      Evaluator.decide(
        setting.policy, readings: setting.readings, memory: setting.memory, at: base
      ).replicas == nil, "it is never a first reading")
    setting.readings[0] = .prometheus(Reading(value: .sample(2500), obtainedAt: base))
    #expect(step(&setting, 0).replicas == 25)
    for bound in [300, 0, nil] as [Double?] {
      setting.readings[0] = partial(bound)
      let decision = step(&setting, 10)
      #expect(decision.replicas == 25)
      #expect(decision.contributions[0].state == .held)
    }
    setting.readings[0] = partial(3000)
    #expect(step(&setting, 20).replicas == 30)
    setting.readings[0] = partial(2800)
    #expect(step(&setting, 30).replicas == 30)
    setting.readings[0] = .prometheus(Reading(value: .sample(2400), obtainedAt: base))
    #expect(step(&setting, 40).replicas == 24)
  }

  @Test(arguments: [-1, -0.001, -1e300])
  func `A value below zero is no load`(value: Double) throws {
    var setting = try Setting([.live(2500)])
    #expect(step(&setting, 0).replicas == 25)
    setting.readings[0] = .prometheus(Reading(value: .sample(value), obtainedAt: base))
    let decision = step(&setting, 10)
    #expect(decision.replicas == 25)
    #expect(decision.contributions[0].problem?.contains("clamp_min") == true)
  }

  @Test func `A zero that is not trusted is held like any lost reading`() throws {
    var setting = try Setting([.live(2500)])
    setting.setUptime(0, Reading(value: .sample(1)))
    #expect(step(&setting, 0).replicas == 25)
    setting.readings[0] = .prometheus(
      Reading(value: .sample(0)), uptime: Reading(value: .sample(0)))
    #expect(step(&setting, 10).replicas == 25)
    setting.readings[0] = .prometheus(
      Reading(value: .sample(0)), uptime: Reading(value: .sample(1)))
    #expect(step(&setting, 20).replicas == 0)
  }

  @Test func `A wall clock that is set does not end a hold`() throws {
    var setting = try Setting([.predicted(Array(repeating: 6, count: 600))])
    setting.policy.hold = .upTo(.seconds(10))
    guard case .forecast(var signal) = setting.policy.signals[0].kind else { return }
    signal.maxAge = .seconds(60)
    setting.policy.signals[0].kind = .forecast(signal)
    #expect(step(&setting, 0).replicas == 6)
    // An hour ahead, all at once: the snapshot is old now, and its hold only begins.
    setting.memory.wallClockStepped(by: .seconds(3600))
    #expect(step(&setting, 3600).replicas == 6)
    #expect(step(&setting, 3609).replicas == 6)
    #expect(step(&setting, 3610).replicas == nil)
  }

  @Test func `A clock that was set back does not prolong the hold`() throws {
    var setting = try Setting([.live(900)])
    setting.policy.hold = .upTo(.seconds(300))
    #expect(step(&setting, 0).replicas == 9)
    setting.fail(0, since: "2026-11-20T09:00:00Z", "HTTP 500")
    let decision = step(&setting, 10)
    #expect(decision.memory.signals[0]?.lostSince == base + .seconds(10))
    #expect(decision.validUntil == base + .seconds(310))
  }

  @Test func `Caps and limits lower what is kept at once`() throws {
    let schedule = Schedule(rules: [try ScheduleRule("Night", atMost: 6)])
    var setting = try Setting([.calendar(schedule), .live(900)])
    setting.memory.signals = [nil, SignalMemory(replicas: 9, readAt: base)]
    setting.readings[1] = .prometheus(nil)
    let capped = setting.decide()
    #expect(capped.replicas == 6)
    #expect(
      capped.appliedLimits == [.cap(signal: "calendar", rule: "Night", replicas: 6)])
    setting.policy.limits.maxReplicas = 4
    #expect(setting.decide().replicas == 4)
  }

  @Test func `A schedule that cannot be read goes on asking, too`() throws {
    var setting = try Setting([.calendar(Schedule(defaultReplicas: 4))])
    #expect(step(&setting, 0).replicas == 4)
    setting.readings[0] = .unreadable("the time zone Europe/Paris is not installed")
    let decision = step(&setting, 10)
    #expect(decision.replicas == 4)
    #expect(decision.contributions[0].problem == "the time zone Europe/Paris is not installed")
  }

  @Test func `A policy without signals is unavailable`() throws {
    let decision = try Setting([]).decide()
    #expect(decision.outcome == .unavailable(reason: "the policy has no signals"))
  }

  @Test func `Readings that are missing or of another kind are no readings`() throws {
    var setting = try Setting([.live(200), .predicted([4])])
    setting.readings.swapAt(0, 1)
    #expect(setting.decide().replicas == nil)
    setting.readings = []
    #expect(setting.decide().contributions.map(\.state) == [.unknown, .unknown])
    setting.readings = [
      .prometheus(
        Reading(
          value: .forecast(
            ForecastSeries(
              generatedAt: base, step: .seconds(1), replicas: [1]))), uptime: nil),
      .forecast(Reading(value: .sample(3))),
    ]
    #expect(setting.decide().replicas == nil)
  }

  @Test func `A schedule that does not cover the lead window is unavailable and says so`() throws {
    var setting = try Setting(leadTime: .seconds(60), [.calendar(Schedule(defaultReplicas: 3))])
    let timeline = try Schedule(defaultReplicas: 3).timeline(
      "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z")
    setting.readings = [.schedule(timeline)]
    let inside = setting.decide("2026-11-20T08:59:00Z")
    #expect(inside.replicas == 3)
    #expect(inside.validUntil == (try .at("2026-11-20T08:59:00.001Z")))
    #expect(
      setting.decide("2026-11-20T08:59:00.001Z").contributions[0].problem
        == "the schedule is laid out from 2026-11-20T08:00:00Z to 2026-11-20T09:00:00Z only,"
        + " which does not cover the lead window")
    #expect(setting.decide("2026-11-20T07:59:59Z").validUntil == base)
  }

  // MARK: Next change

  @Test func `The next change is the first answer that differs`() throws {
    let schedule = Schedule(
      defaultReplicas: 2,
      rules: [
        try ScheduleRule("Same", "08:10", "09:00", replicas: 2),
        try ScheduleRule("Day", "09:00", "18:00", replicas: 10),
      ])
    let setting = try Setting(leadTime: .seconds(600), [.calendar(schedule)])
    let decision = setting.decide()
    let end = base + .seconds(86_400)
    let change = Evaluator.nextChange(
      after: decision, of: setting.policy, readings: setting.readings, until: end)
    #expect(change?.at == (try .at("2026-11-20T08:50:00.001Z")))
    #expect(change?.decision.replicas == 10)
    #expect(
      Evaluator.nextChange(
        after: decision, of: setting.policy, readings: setting.readings,
        until: try .at("2026-11-20T08:50:00.001Z")) == nil)
  }

  @Test func `There is no next change past the end of a timeline`() throws {
    let setting = try Setting([.calendar(Schedule(defaultReplicas: 3))])
    #expect(
      Evaluator.nextChange(
        after: setting.decide(), of: setting.policy, readings: setting.readings,
        until: .distantFuture) == nil)
  }
}
