internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// Relative replicas: what a rule puts on top of everything else.
struct RelativeReplicasTests {
  @Test(arguments: [
    (1200, true, "+20 %"), (1125, true, "+12.5 %"), (1005, true, "+0.5 %"), (3000, true, "+200 %"),
    (1500, false, "x1.5"), (1025, false, "x1.025"), (2000, false, "x2"), (100_000, false, "x100"),
  ])
  func `A factor reads as it is written`(thousandths: Int, isPercentage: Bool, text: String) {
    let factor = RelativeReplicas(thousandths: thousandths, isPercentage: isPercentage)
    #expect(factor?.text == text)
  }

  @Test(arguments: [
    (1200, 10, 12), (1200, 11, 14), (1200, 0, 0), (1001, 1, 2), (1500, 1, 2), (100_000, 7, 700),
    (100_000, 2_147_483_646, 2_147_483_647), (1200, .max, .max),
  ])
  func `The product is rounded up, and counted by Kubernetes`(
    thousandths: Int, replicas: Int, product: Int
  ) {
    let factor = RelativeReplicas(thousandths: thousandths, isPercentage: true)
    #expect(factor?.applied(to: replicas) == product)
  }

  @Test(arguments: [0, 500, 1000, 100_001])
  func `A factor that lowers or is far too high is none`(thousandths: Int) {
    #expect(RelativeReplicas(thousandths: thousandths, isPercentage: false) == nil)
  }

  @Test func `The explanation shows what is raised, by what, and to what`() throws {
    let sale = try ScheduleRule("sale", increase: .plus(20))
    let setting = try Setting([.live(1000), .calendar(Schedule(rules: [sale]))])
    #expect(
      setting.decide().explanation(at: base)
        == "12 replicas: live asks for 10 now (1000, 0s old), +20 % by rule \"sale\" of calendar = 12;"
        + " calendar asks for 0 now (default).")
  }

  @Test func `A rule inside of the window raises what is asked for from then on`() throws {
    let sale = try ScheduleRule("sale", "08:03", "09:00", increase: .plus(50))
    let schedule = Schedule(rules: [sale])
    let constant = try Setting([.live(1000), .calendar(schedule)])
    #expect(constant.decide().replicas == 15)
    #expect(
      constant.decide().explanation(at: base).contains(
        ", +50 % from 08:03:00Z by rule \"sale\" of calendar = 15"))
    // 10 until 08:03, 8 from then on: 8 and a half are 12, more than 10.
    let falling = try Setting([.predicted([10, 10, 10, 8, 8]), .calendar(schedule)])
    #expect(falling.decide().replicas == 12)
    #expect(
      falling.decide().explanation(at: base).contains(
        "predicted asks for 10 now (snapshot 0s old), and for 8 from 08:03:00Z, +50 % by rule"
          + " \"sale\" of calendar = 12"))
    // 10 until 08:03, 6 from then on: the 10 stay the highest.
    let low = try Setting([.predicted([10, 10, 10, 6, 6]), .calendar(schedule)])
    #expect(low.decide().replicas == 10 && low.decide().appliedLimits.isEmpty)
  }

  @Test func `Caps and limits come after the factor, which is still told`() throws {
    let rules = [
      try ScheduleRule("sale", increase: .plus(100)), try ScheduleRule("cap", atMost: 15),
    ]
    var setting = try Setting([.live(1000), .calendar(Schedule(rules: rules))])
    #expect(setting.decide().replicas == 15)
    #expect(
      setting.decide().explanation(at: base).hasSuffix(
        "; capped at 15 by rule \"cap\" of calendar."))
    setting.policy.limits.maxReplicas = 12
    #expect(setting.decide().replicas == 12)
    setting.policy.limits = ReplicaLimits(minReplicas: 40)
    #expect(
      setting.decide().explanation(at: base).contains(
        "; 20, which is live's 10 now, +100 % by rule \"sale\" of calendar; capped at 15"))
  }

  @Test func `The schedule's own floors are raised, by the rule of the highest priority`() throws {
    let rules = [
      try ScheduleRule("floor", replicas: 7), try ScheduleRule("more", increase: .plus(10)),
      try ScheduleRule("sale", "08:00", "09:00", priority: 5, increase: .plus(50)),
    ]
    let setting = try Setting(leadTime: .zero, [.calendar(Schedule(rules: rules))])
    #expect(setting.decide().replicas == 11)
    #expect(setting.decide("2026-11-20T09:00:00Z").replicas == 8)
  }

  @Test func `Of several schedules the highest factor counts, and an observed one does not`() throws
  {
    let low = Schedule(rules: [try ScheduleRule("low", increase: .plus(10))])
    let high = Schedule(rules: [try ScheduleRule("high", increase: .plus(50))])
    var setting = try Setting([
      .live(1000), .calendar(low, name: "low"), .calendar(high, name: "high"),
    ])
    #expect(setting.decide().replicas == 15)
    setting.policy.signals[2].observe = true
    #expect(setting.decide().replicas == 11)
  }

  @Test func `What a lost signal goes on asking for is raised`() throws {
    let sale = try ScheduleRule("sale", increase: .plus(20))
    var setting = try Setting([.live(1000), .calendar(Schedule(rules: [sale]))])
    setting.memory = setting.decide().memory
    setting.fail(0, since: "2026-11-20T07:59:00Z", "HTTP 500")
    #expect(setting.decide().replicas == 12)
    // Also where a required signal is unknown, and a person says how much is needed at least.
    setting.policy.signals.append(
      Signal(
        name: "other",
        kind: .prometheus(PrometheusSignal(source: "main", query: "q", threshold: 100))))
    setting.readings.append(.prometheus(nil, uptime: nil))
    let bounds = try #require(Override.Bounds(atLeast: 3, atMost: nil))
    setting.memory.overrides = [
      Override(
        id: "1", policy: setting.policy.name, bounds: bounds, since: base,
        until: base + .seconds(60))
    ]
    #expect(setting.decide().replicas == 12)
  }

  @Test func `A demand that stays the same is no new decision`() throws {
    let sale = try ScheduleRule("sale", increase: .plus(20))
    let setting = try Setting([.live(1000), .calendar(Schedule(rules: [sale]))])
    #expect(!setting.decide(at: base + .seconds(7)).differs(from: setting.decide()))
    #expect(setting.decide().differs(from: try Setting([.live(900)]).decide()))
  }
}

/// The plan of a week against a walk over its minutes that knows nothing of timelines.
struct RelativeReplicasWalkTests {
  /// Every number of a rule by itself: applies on its weekdays from `start` to `end` in UTC.
  private struct PlainRule {
    var days: Set<Int>
    var start: Int
    var end: Int
    var replicas: Int?
    var percent: Int?
    var atMost: Int?
    var priority: Int

    func applies(_ minute: Int) -> Bool {
      let (day, time) = minute.quotientAndRemainder(dividingBy: 1440)
      return days.contains(day % 7) && start <= time && time < end
    }

    func rule(_ name: String) throws -> ScheduleRule {
      ScheduleRule(
        name: name, days: Set(days.map { Weekday.allCases[$0] }),
        start: try #require(TimeOfDay(minutes: start)), end: try #require(TimeOfDay(minutes: end)),
        replicas: replicas, atMost: atMost, priority: priority,
        increase: try percent.map { try .plus($0) })
    }
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `Every minute of a week asks for what a walk over the minutes finds`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let plain = (0..<7).map { index in
      let start = Int.random(in: 0..<1380, using: &random)
      let kind = index % 3
      return PlainRule(
        days: Set((0..<4).map { _ in Int.random(in: 0..<7, using: &random) }), start: start,
        end: Int.random(in: start + 1...1440, using: &random),
        replicas: kind == 0 ? Int.random(in: 1...20, using: &random) : nil,
        percent: kind == 1 ? Int.random(in: 1...150, using: &random) : nil,
        atMost: kind == 2 ? Int.random(in: 3...25, using: &random) : nil,
        priority: Int.random(in: 0...2, using: &random))
    }
    let lead = Int.random(in: 1...90, using: &random)
    let live = Int.random(in: 1...8, using: &random)
    // Monday 2026-11-16.
    let monday = try Instant.at("2026-11-16T00:00:00Z")
    let schedule = Schedule(
      defaultReplicas: 2, rules: try plain.enumerated().map { try $1.rule("rule \($0)") })
    var setting = try Setting(
      leadTime: .seconds(Int64(lead) * 60), [.live(Double(live) * 100), .calendar(schedule)])
    setting.readings[1] = .schedule(
      try schedule.timeline(from: monday, to: monday + .seconds(9 * 86_400), zones: zones))

    func strongest(_ minute: Int, _ value: (PlainRule) -> Int?) -> Int? {
      var found: (priority: Int, value: Int)?
      for rule in plain where rule.applies(minute) {
        guard let value = value(rule), rule.priority > found?.priority ?? -1 else { continue }
        found = (rule.priority, value)
      }
      return found?.value
    }
    func answer(_ minute: Int) -> Int {
      let asked = max(live, strongest(minute) { $0.replicas } ?? 2)
      let raised = (asked * (100 + (strongest(minute) { $0.percent } ?? 0)) + 99) / 100
      return min(raised, strongest(minute) { $0.atMost } ?? .max)
    }
    let minutes = (0..<7 * 1440 + lead).map(answer)
    for minute in stride(from: 0, to: 7 * 1440, by: 3) {
      let expected = minutes[minute..<minute + lead].max()
      let decision = setting.decide(at: monday + .seconds(Int64(minute) * 60))
      #expect(decision.replicas == expected, "seed \(seed), minute \(minute)")
    }
  }
}
