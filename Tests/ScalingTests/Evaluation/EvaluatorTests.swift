internal import Scaling
internal import TestKit
internal import Testing
internal import Time

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

  // MARK: Nothing to decide by

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
