internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// What people read at three in the morning.
struct ExplanationTests {
  @Test func `The signal that decides comes first, with when and why`() throws {
    let schedule = Schedule(
      defaultReplicas: 2,
      rules: [try ScheduleRule("Business hours", "08:08", "18:00", replicas: 10)])
    var setting = try Setting(
      leadTime: .seconds(600), [.predicted([6, 8]), .calendar(schedule), .live(241.5)])
    let now = base + .seconds(15)
    #expect(
      setting.decide(at: now).explanation(at: now)
        == "10 replicas: calendar asks for 10 from 08:08:00Z (in 7m45s, rule \"Business hours\");"
        + " predicted asks for 8 from 08:01:00Z (in 45s, snapshot 15s old);"
        + " live asks for 3 now (241.5, 15s old).")
    setting.policy.limits.maxReplicas = 9
    #expect(
      setting.decide(at: now).explanation(at: now).hasSuffix("; limited to 9 by maxReplicas."))
  }

  @Test func `Waits are rounded to the second`() throws {
    let schedule = Schedule(rules: [try ScheduleRule("Day", "09:00", "18:00", replicas: 1)])
    let setting = try Setting(leadTime: .seconds(600), [.calendar(schedule)])
    let now = try Instant.at("2026-11-20T08:50:00.001Z")
    #expect(
      setting.decide(at: now).explanation(at: now)
        == "1 replica: calendar asks for 1 from 09:00:00Z (in 10m, rule \"Day\").")
  }

  @Test func `A default and minReplicas are named`() throws {
    var setting = try Setting([.calendar(Schedule())])
    setting.policy.limits.minReplicas = 2
    #expect(
      setting.decide().explanation(at: base)
        == "2 replicas: calendar asks for 0 now (default); raised to 2 by minReplicas.")
  }

  @Test func `Held signals say why, with their age`() throws {
    var setting = try Setting([.live(300)])
    setting.fail(0, since: "2026-11-20T08:01:00Z", "HTTP 500 from http://prometheus:9090.")
    let now = base + .seconds(135)
    #expect(
      setting.decide(at: now).explanation(at: now)
        == "3 replicas: live is lost for 1m15s and goes on asking for 3 now (300, 2m15s old, HTTP"
        + " 500 from http://prometheus:9090).")
  }

  @Test func `Signals that take no part and what is kept over an edit come last`() throws {
    var setting = try Setting([.live(300), .live(500, name: "other")])
    setting.fail(1, since: "2026-11-20T07:00:00Z", "timed out after 5s")
    setting.policy.signals[1].hold = .upTo(.seconds(300))
    setting.policy.signals[1].required = true
    setting.memory.floor = 5
    #expect(
      setting.decide().explanation(at: base)
        == "5 replicas: live asks for 3 now (300, 0s old); other is unknown (last value 500,"
        + " 0s old): lost since 2026-11-20T07:00:00Z, longer than the hold of 5m: timed out"
        + " after 5s; kept at 5, the answer before the edit, until every required signal is read.")
  }

  @Test(arguments: [
    (SignalMemory.Origin.disk, ", learnt from the state directory"),
    (.peer("10.0.0.7"), ", learnt from peer 10.0.0.7"),
    (.target, ", its target's present replicas"),
    (.source, ""),
  ])
  func `A held signal says where its number was learnt`(
    origin: SignalMemory.Origin, words: String
  ) throws {
    var setting = try Setting([.live(300)])
    setting.readings[0] = .prometheus(nil)
    setting.memory.signals = [
      SignalMemory(
        replicas: 25, readAt: base - .seconds(240), lostSince: base - .seconds(240),
        origin: origin)
    ]
    #expect(
      setting.decide().explanation(at: base)
        == "25 replicas: live is lost for 4m and goes on asking for 25 now\(words) (4m old, it has"
        + " not been read yet).")
  }

  @Test func `A cap names its rule`() throws {
    let schedule = Schedule(rules: [try ScheduleRule("Night", atMost: 5)])
    let setting = try Setting([.calendar(schedule), .live(900)])
    #expect(
      setting.decide().explanation(at: base)
        == "5 replicas: live asks for 9 now (900, 0s old); calendar asks for 0 now (default);"
        + " capped at 5 by rule \"Night\" of calendar.")
  }

  @Test func `Unavailable gives the reason, then what there is`() throws {
    var setting = try Setting([.live(300), .predicted([])])
    setting.policy.signals[1].required = true
    #expect(
      setting.decide().explanation(at: base)
        == "unavailable: the required signal \"predicted\" is unknown: it has not been read"
        + " yet; live asks for 3 now (300, 0s old).")
  }

  @Test func `An instant on another day shows its date`() throws {
    let schedule = Schedule(rules: [
      try ScheduleRule("Launch", "09:00", "10:00", replicas: 7, dates: ["2026-11-21"])
    ])
    let setting = try Setting(leadTime: .seconds(100_000), [.calendar(schedule)])
    #expect(
      setting.decide().explanation(at: base)
        == "7 replicas: calendar asks for 7 from 2026-11-21T09:00:00Z (in 25h, rule \"Launch\").")
  }

  @Test func `Ages count from the instant that is asked for, and are never negative`() throws {
    let decision = try Setting([.live(300)]).decide()
    #expect(decision.explanation(at: base + .seconds(3)).contains("3s old"))
    #expect(decision.explanation(at: base - .seconds(3)).contains("0s old"))
  }
}
