internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// Signals that cannot be read, or whose answers are not to be trusted (design section 1).
struct MissingSignalTests {
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

  @Test func `A zero waits until its target is seen up after it`() throws {
    var setting = try Setting([.live(2500)])
    setting.setUptime(0, Reading(value: .sample(1), obtainedAt: base))
    #expect(step(&setting, 0).replicas == 25)
    let zero = Reading(value: .sample(0), obtainedAt: base + .seconds(1))
    setting.readings[0] = .prometheus(zero, uptime: Reading(value: .sample(1), obtainedAt: base))
    #expect(step(&setting, 1).replicas == 25)
    let later = Reading(value: .sample(1), obtainedAt: base + .seconds(1))
    setting.readings[0] = .prometheus(zero, uptime: later)
    #expect(step(&setting, 2).replicas == 0)
    // Once it is at zero, the next zero is no fall.
    let next = Reading(value: .sample(0), obtainedAt: base + .seconds(2))
    setting.readings[0] = .prometheus(next, uptime: later)
    #expect(step(&setting, 3).contributions[0].state == .fresh)
  }

  @Test func `A wall clock that is set does not end a hold`() throws {
    var setting = try Setting([.predicted(Array(repeating: 6, count: 600))])
    setting.policy.hold = .upTo(.seconds(10))
    guard case .forecast(var signal) = setting.policy.signals[0].kind else {
      Issue.record("expected a forecast")
      return
    }
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

  @Test func `A forecast whose history is being read does not end what an edit keeps`() throws {
    var setting = try Setting([.calendar(Schedule(defaultReplicas: 2)), .predicted([])])
    setting.policy.signals[1].required = true
    setting.memory.floor = 20
    func reading(_ kind: Reading.Failure.Kind) -> SignalReading {
      .forecast(Reading(failure: Reading.Failure(since: base, message: "learning", kind: kind)))
    }
    setting.readings[1] = reading(.learning)
    #expect(step(&setting, 0).replicas == 20)
    setting.readings[1] = reading(.lost)
    #expect(step(&setting, 5).replicas == 20)
    // All of it is read, and it is too short.
    setting.readings[1] = reading(.silent)
    #expect(step(&setting, 10).replicas == 2)
    // It takes no part, and is not waited for where it is not required.
    setting.memory.floor = 20
    setting.policy.signals[1].required = false
    setting.readings[1] = reading(.learning)
    #expect(step(&setting, 15).replicas == 2)
  }

  /// New, renamed, required from now on, or observed only until now.
  @Test func `An edit that makes an unknown signal count keeps the last answer`() throws {
    var old = try Setting([.live(900), .live(.nan, name: "other")])
    for change in 0..<4 {
      var new = old.policy
      new.signals[1].required = true
      switch change {
      case 0: old.policy.signals = [old.policy.signals[0]]
      case 1: new.signals[1].name = "another"
      case 2: break
      default: old.policy.signals[1].observe = true
      }
      let before = Evaluator.decide(
        old.policy, readings: old.readings, memory: Decision.Memory(), at: base)
      #expect(before.replicas == 9)
      let memory = before.memory.edited(from: old.policy, to: new, lastAnswer: before.replicas)
      let low = SignalReading.prometheus(Reading(value: .sample(100), obtainedAt: base))
      let after = Evaluator.decide(
        new, readings: [low, old.readings.last ?? low], memory: memory, at: base + .seconds(1))
      #expect(after.replicas == 9, "change \(change): \(after.contributions)")
      old = try Setting([.live(900), .live(.nan, name: "other")])
    }
  }
}
