internal import Scaling
internal import TestKit
internal import Testing

/// When a workload is taken to zero and when it comes back.
struct ActivityTests {
  /// One or more switched queries, two replicas while active, a cooldown of 15 minutes.
  private static func setting(
    _ values: [Double], cooldown: Duration = .seconds(900), period: EnabledPeriod? = nil
  ) throws -> Setting {
    var setting = try Setting(
      leadTime: .zero, values.enumerated().map { .live($1, name: "trigger \($0 + 1)") })
    setting.policy.activity = ActivityRules(
      cooldown: cooldown, activeReplicas: 2, enabledPeriod: period)
    for index in values.indices {
      guard case .prometheus(let signal) = setting.policy.signals[index].kind else { continue }
      setting.policy.signals[index].kind = .prometheus(
        PrometheusSignal(
          source: signal.source, query: signal.query, threshold: 0.5, switchedTo: 2))
    }
    return setting
  }

  /// Decides, and remembers.
  private static func step(
    _ setting: inout Setting, _ seconds: Int64, _ values: Double?...
  ) -> Decision {
    let now = base + .seconds(seconds)
    for (index, value) in values.enumerated() {
      guard case .prometheus(let last, let uptime, _) = setting.readings[index] else { continue }
      var reading = last ?? Reading()
      if let value {
        reading = Reading(value: .sample(value), obtainedAt: now)
      } else {
        reading.failure = reading.failure ?? Reading.Failure(since: now, message: "HTTP 500")
      }
      setting.readings[index] = .prometheus(reading, uptime: uptime)
    }
    let decision = setting.decide(at: now)
    setting.memory = decision.memory
    return decision
  }

  // MARK: Switched signals

  @Test(arguments: [
    (0.5, 2), (0.4999, 0), (7, 2), (0, 0), (-0.5, 0), (-1, 2), (-2, 0), (1e300, 2), (-1e300, 0),
  ])
  func `A switched signal asks for all or nothing`(value: Double, replicas: Int) throws {
    let signal = PrometheusSignal(source: "main", query: "q", threshold: 0.5, switchedTo: 2)
    #expect(signal.replicas(for: value) == replicas)
  }

  @Test func `A threshold of zero is reached by zero`() {
    let signal = PrometheusSignal(source: "main", query: "q", threshold: 0, switchedTo: 1)
    #expect(signal.replicas(for: 0) == 1)
    #expect(signal.replicas(for: -0.1) == 0)
  }

  // MARK: To zero

  @Test func `The idle stay idle over a restart, and direct mode watches for a cooldown`() throws {
    var setting = try Self.setting([0])
    let new = Self.step(&setting, 0, 0)
    #expect(new.replicas == 0)
    #expect(new.activityState(of: setting.policy) == .observed(until: base + .seconds(900)))
    #expect(Self.step(&setting, 899, 0).replicas == 0)
    let idle = Self.step(&setting, 900, 0)
    #expect(idle.replicas == 0)
    #expect(idle.activityState(of: setting.policy) == .idle)
    #expect(Self.step(&setting, 90_000, 0).replicas == 0)
  }

  @Test func `The cooldown counts from the end of the last activity`() throws {
    var setting = try Self.setting([3])
    let active = Self.step(&setting, 0, 3)
    #expect(active.replicas == 2)
    #expect(active.winner == 0)
    #expect(active.appliedLimits == [])
    #expect(active.activityState(of: setting.policy) == .active(cause: .active, until: nil))
    // It was above the threshold until it was seen below it.
    let silent = Self.step(&setting, 60, 0)
    #expect(silent.replicas == 2)
    #expect(silent.validUntil == base + .seconds(960))
    #expect(
      silent.explanation(at: base + .seconds(780))
        == "2 replicas: trigger 1 asks for 0 now (0, 12m old); kept at 2, idle for 12m of 15m.")
    #expect(Self.step(&setting, 959, 0).replicas == 2)
    #expect(Self.step(&setting, 960, 0).replicas == 0)
  }

  @Test func `Activity in between begins the cooldown again`() throws {
    var setting = try Self.setting([3])
    _ = Self.step(&setting, 0, 3)
    _ = Self.step(&setting, 60, 0)
    #expect(Self.step(&setting, 900, 3).replicas == 2)
    #expect(Self.step(&setting, 915, 0).replicas == 2)
    #expect(Self.step(&setting, 960, 0).replicas == 2)
    #expect(Self.step(&setting, 1815, 0).replicas == 0)
  }

  @Test func `All triggers have to be below their thresholds`() throws {
    var setting = try Self.setting([0, 3])
    #expect(Self.step(&setting, 0, 0, 3).replicas == 2)
    #expect(Self.step(&setting, 2000, 0, 3).replicas == 2)
    #expect(Self.step(&setting, 2015, 0, 0).replicas == 2)
    #expect(Self.step(&setting, 2915, 0, 0).replicas == 0)
    #expect(Self.step(&setting, 2930, 3, 0).replicas == 2)
  }

  // MARK: Unknown

  @Test func `A trigger that fails begins the cooldown again, however short the failure`() throws {
    var setting = try Self.setting([0, 0])
    _ = Self.step(&setting, 0, 3, 0)
    _ = Self.step(&setting, 10, 0, 0)
    let failing = Self.step(&setting, 890, nil, 0)
    #expect(failing.replicas == 2)
    #expect(failing.activityState(of: setting.policy) == .active(cause: .active, until: nil))
    #expect(failing.explanation(at: failing.at).contains("because it is not known to be idle"))
    #expect(Self.step(&setting, 905, 0, 0).replicas == 2)
    #expect(Self.step(&setting, 1804, 0, 0).replicas == 2)
    #expect(Self.step(&setting, 1805, 0, 0).replicas == 0)
  }

  @Test func `A trigger that fails for good never leads to zero`() throws {
    var setting = try Self.setting([0, 0])
    _ = Self.step(&setting, 0, 3, 0)
    _ = Self.step(&setting, 10, 0, 0)
    for seconds in stride(from: Int64(600), through: 100_000, by: 600) {
      #expect(Self.step(&setting, seconds, nil, 0).replicas == 2)
    }
  }

  @Test func `A workload that is idle stays so while its triggers fail`() throws {
    var setting = try Self.setting([0, 0])
    _ = Self.step(&setting, 0, 0, 0)
    #expect(Self.step(&setting, 900, 0, 0).replicas == 0)
    #expect(Self.step(&setting, 960, nil, 0).replicas == 0)
    #expect(Self.step(&setting, 9600, nil, 0).replicas == 0)
    #expect(Self.step(&setting, 9660, 0, 0).replicas == 0)
    // A healthy trigger brings it back though the other one fails.
    #expect(Self.step(&setting, 9720, nil, 3).replicas == 2)
  }

  @Test func `A target that was not up for the whole time counts as unknown`() throws {
    var setting = try Self.setting([3])
    setting.setUptime(0, Reading(value: .sample(0), obtainedAt: base))
    #expect(Self.step(&setting, 0, 3).replicas == 2)
    #expect(Self.step(&setting, 5000, 0).replicas == 2)
    setting.setUptime(0, Reading(value: .sample(1), obtainedAt: base + .seconds(5060)))
    #expect(Self.step(&setting, 5060, 0).replicas == 2)
    #expect(Self.step(&setting, 5960, 0).replicas == 0)
  }

  @Test func `Without any reading nothing is decided`() throws {
    var setting = try Self.setting([0])
    setting.policy.signals[0].required = true
    setting.readings = [.prometheus(nil)]
    #expect(Self.step(&setting, 0, nil).replicas == nil)
    #expect(Self.step(&setting, 60, 0).replicas == 0)
  }

  // MARK: Wake-ups

  @Test func `A wake-up lasts for the cooldown`() throws {
    var setting = try Self.setting([0])
    _ = Self.step(&setting, 0, 0)
    #expect(Self.step(&setting, 900, 0).replicas == 0)
    setting.memory.wokenUp(at: base + .seconds(1000))
    let woken = Self.step(&setting, 1000, 0)
    #expect(woken.replicas == 2)
    #expect(woken.validUntil == base + .seconds(1900))
    #expect(
      woken.explanation(at: woken.at)
        == "2 replicas: trigger 1 asks for 0 now (0, 0s old); "
        + "woken at 08:16:40Z, kept at 2 until 08:31:40Z.")
    #expect(Self.step(&setting, 1899, 0).replicas == 2)
    #expect(Self.step(&setting, 1900, 0).replicas == 0)
  }

  @Test func `A wake-up holds though no trigger can be read, for one cooldown`() throws {
    var setting = try Self.setting([0])
    _ = Self.step(&setting, 0, 0)
    #expect(Self.step(&setting, 900, 0).replicas == 0)
    #expect(Self.step(&setting, 2400, nil).replicas == 0)
    setting.memory.wokenUp(at: base + .seconds(2500))
    let woken = Self.step(&setting, 2500, nil)
    #expect(woken.replicas == 2)
    #expect(woken.activityState(of: setting.policy) == .active(cause: .wakeUp, until: nil))
    #expect(Self.step(&setting, 3399, nil).replicas == 2)
    // From then on nothing is certain any more, and it is not taken down.
    #expect(Self.step(&setting, 3400, nil).replicas == 2)
    #expect(Self.step(&setting, 3500, 0).replicas == 2)
    #expect(Self.step(&setting, 4400, 0).replicas == 0)
  }

  @Test func `A wake-up asks for no less than what signals last asked, their hold over`() throws {
    var setting = try Setting([.live(900)])
    setting.policy.hold = .upTo(.zero)
    setting.policy.signals[0].required = true
    setting.memory = setting.decide().memory
    setting.readings = [.prometheus(nil)]
    #expect(setting.decide().replicas == nil)
    setting.memory.wokenUp(at: base)
    #expect(setting.decide().replicas == 9)
  }

  @Test func `A policy without rules is woken for 15 minutes, and forgets it`() throws {
    var setting = try Setting([.live(0)])
    #expect(setting.decide().memory.activity == nil)
    #expect(setting.decide().activityState(of: setting.policy) == nil)
    setting.memory.wokenUp(at: base)
    #expect(setting.decide().replicas == 1)
    #expect(setting.decide().validUntil == base + .seconds(900))
    #expect(setting.decide(at: base + .seconds(899)).replicas == 1)
    let after = setting.decide(at: base + .seconds(900))
    #expect(after.replicas == 0)
    #expect(after.memory.activity == nil)
    setting.policy.limits.minReplicas = 3
    #expect(setting.decide().replicas == 3)
  }

  @Test func `Caps and limits of zero hold against a wake-up`() throws {
    var setting = try Self.setting([0])
    setting.memory.wokenUp(at: base)
    setting.policy.limits.maxReplicas = 1
    #expect(setting.decide().replicas == 1)
    setting.policy.limits.maxReplicas = 0
    #expect(setting.decide().replicas == 0)

    let closed = Schedule(rules: [try ScheduleRule("Maintenance", atMost: 0)])
    var capped = try Setting([.live(0), .calendar(closed)])
    capped.memory.wokenUp(at: base)
    #expect(capped.decide().replicas == 0)
  }

  @Test func `A clock that was set back prolongs nothing`() throws {
    var setting = try Self.setting([0])
    setting.memory.activity = Decision.Activity(last: base + .seconds(86_400), cause: .active)
    let decision = setting.decide()
    #expect(decision.validUntil == base + .seconds(900))
    #expect(decision.memory.activity?.last == base)
  }

  // MARK: Enabled period

  private static func office() throws -> EnabledPeriod {
    // 08:00 UTC is where the tests begin.
    EnabledPeriod(schedule: try CronSchedule(text: "0 9 * * *"), duration: .seconds(3600))
  }

  @Test func `Outside of its period a workload is active whatever the triggers say`() throws {
    var setting = try Self.setting([0], period: Self.office())
    let outside = Self.step(&setting, 0, 0)
    #expect(outside.replicas == 2)
    #expect(outside.validUntil == base + .seconds(3600))
    #expect(
      outside.explanation(at: base).hasSuffix(
        "kept at 2 outside of its enabled period, which begins at 09:00:00Z."))
    #expect(Self.step(&setting, 3599, nil).replicas == 2)
    // The cooldown begins with the period.
    #expect(Self.step(&setting, 3600, 0).replicas == 2)
    #expect(Self.step(&setting, 4499, 0).replicas == 2)
    #expect(Self.step(&setting, 4500, 0).replicas == 0)
    #expect(Self.step(&setting, 7199, 0).replicas == 0)
    let after = Self.step(&setting, 7200, 0)
    #expect(after.replicas == 2)
    #expect(after.validUntil == base + .seconds(86_400 + 3600))
  }

  @Test func `Outside of its period a workload comes back though nothing can be read`() throws {
    var setting = try Self.setting([0], period: Self.office())
    setting.memory.activity = Decision.Activity(last: base - .seconds(9000), cause: .active)
    setting.readings = [.prometheus(nil)]
    #expect(Self.step(&setting, 3700, nil).replicas == nil)
    #expect(Self.step(&setting, 7200, nil).replicas == 2)
  }

  // MARK: With other signals

  @Test func `A schedule's end is followed by the cooldown`() throws {
    let schedule = Schedule(rules: [try ScheduleRule("Morning", "08:00", "08:10", replicas: 5)])
    var setting = try Setting(leadTime: .zero, [.calendar(schedule)])
    setting.policy.activity = ActivityRules(cooldown: .seconds(300), activeReplicas: 1)
    var now = base
    var answers: [Int?] = []
    for _ in 0..<3 {
      let decision = setting.decide(at: now)
      answers.append(decision.replicas)
      setting.memory = decision.memory
      now = decision.validUntil
    }
    #expect(answers == [5, 1, 0])
    #expect(now == base + .seconds(86_400))
  }

  @Test func `The next change knows of the end of the cooldown`() throws {
    var setting = try Self.setting([0])
    _ = Self.step(&setting, 0, 3)
    let decision = Self.step(&setting, 10, 0)
    let change = Evaluator.nextChange(
      after: decision, of: setting.policy, readings: setting.readings,
      until: base + .seconds(3600))
    #expect(change?.at == base + .seconds(910))
    #expect(change?.decision.replicas == 0)
  }

  @Test func `History keeps why a workload was kept`() throws {
    var setting = try Self.setting([3])
    let first = Self.step(&setting, 0, 3)
    var history = DecisionHistory(of: setting.policy.name)
    history.record(first, after: nil)
    let second = Self.step(&setting, 60, 0)
    history.record(second, after: first)
    setting.memory.wokenUp(at: base + .seconds(90))
    let third = Self.step(&setting, 100, 0)
    history.record(third, after: second)
    let fourth = Self.step(&setting, 500, nil)
    history.record(fourth, after: third)
    #expect(
      history.decisions().map(\.appliedLimits)
        == [first, second, third, fourth].map(\.appliedLimits))
  }
}
