internal import CivilTime
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// What a person asks of a policy for a while, against what its signals say.
struct OverrideTests {
  private func override(
    _ bounds: Override.Bounds, minutes: Int64 = 60, reason: String = "", id: String = "a"
  ) -> Override {
    Override(
      id: id, policy: ResourceName(name: "web"), bounds: bounds, since: base,
      until: base + .seconds(60 * minutes), reason: reason)
  }

  private func decide(
    _ setting: Setting, _ overrides: [Override], at now: Instant = base
  ) -> Decision {
    Evaluator.decide(
      setting.policy, readings: setting.readings, memory: Decision.Memory(overrides: overrides),
      at: now)
  }

  @Test(arguments: [
    (Override.Bounds.atLeast(40), 40), (.atLeast(5), 12), (.atMost(10), 10), (.atMost(20), 12),
    (.between(15, 20), 15), (.between(1, 8), 8), (.frozen(7), 7), (.frozen(30), 30),
  ])
  func `bounds hold until the end, and not a millisecond longer`(
    bounds: Override.Bounds, expected: Int
  ) throws {
    let setting = try Setting([.live(1200)])
    let boost = override(bounds)
    #expect(decide(setting, [boost]).replicas == expected)
    #expect(decide(setting, [boost]).validUntil <= boost.until)
    #expect(decide(setting, [boost], at: boost.until - .milliseconds(1)).replicas == expected)
    #expect(decide(setting, [boost], at: boost.until).replicas == 12)
  }

  @Test func `it lies above the caps of schedules and within the limits of the policy`() throws {
    let night = Schedule(rules: [try ScheduleRule("Night", atMost: 3)])
    var setting = try Setting([.live(1200), .calendar(night)])
    #expect(decide(setting, []).replicas == 3)
    #expect(decide(setting, [override(.atLeast(40))]).replicas == 40)
    setting.policy.limits = ReplicaLimits(minReplicas: 2, maxReplicas: 30)
    #expect(decide(setting, [override(.atLeast(40))]).replicas == 30)
    #expect(decide(setting, [override(.atMost(0))]).replicas == 2)
  }

  @Test func `the sentence says how many, until when and why, also where nothing changes`() throws {
    let setting = try Setting([.live(300)])
    let boosted = decide(setting, [override(.atLeast(40), reason: "launch")])
    #expect(boosted.explanation(at: base).hasSuffix("; at least 40 until 09:00Z: launch."))
    #expect(boosted.winner == nil)
    let frozen = decide(setting, [override(.frozen(3))])
    #expect(frozen.explanation(at: base).hasSuffix("; frozen at 3 until 09:00Z."))
  }

  @Test func `each applies to what the one before it leaves`() throws {
    let setting = try Setting([.live(100)])
    let boost = override(.atLeast(40))
    let limit = override(.atMost(10), id: "b")
    #expect(decide(setting, [boost, limit]).replicas == 10)
    #expect(decide(setting, [limit, boost]).replicas == 40)
  }

  @Test func `it is answered whatever else is unknown, if it says how many at least`() throws {
    var setting = try Setting([.live(.nan)])
    setting.fail(0, since: "2026-11-20T07:00:00Z", "HTTP 500")
    #expect(decide(setting, []).replicas == nil)
    #expect(decide(setting, [override(.atLeast(40))]).replicas == 40)
    #expect(decide(setting, [override(.frozen(4))]).replicas == 4)
    #expect(decide(setting, [override(.atMost(10))]).replicas == nil)
  }

  @Test func `a projection ends with it`() throws {
    let setting = try Setting([.live(300)])
    let boost = override(.atLeast(40))
    let decision = decide(setting, [boost])
    let projection = Projection(
      of: setting.policy, decision: decision, readings: setting.readings)
    let later = try #require(projection.nextChange(until: base + .seconds(86_400)))
    #expect(later.at == boost.until)
    #expect(later.replicas == 3)
  }

  @Test func `direct mode does not wait to see a new workload's activity`() throws {
    var setting = try Setting([.live(0)])
    setting.policy.activity = ActivityRules()
    #expect(TargetWish(setting.policy, decide(setting, [])).replicas == nil)
    let boosted = decide(setting, [override(.atLeast(40))])
    #expect(TargetWish(setting.policy, boosted).replicas == 40)
  }
}

/// What one replica knows, and what it takes from others.
struct OverrideBookTests {
  private let web = ResourceName(namespace: "shop", name: "web")

  private func override(
    _ id: String, since: Int64 = 0, until: Int64 = 3600, ended: Instant? = nil
  ) -> Override {
    Override(
      id: id, policy: web, bounds: .atLeast(1), since: base + .seconds(since),
      until: base + .seconds(until), ended: ended)
  }

  @Test func `an end is remembered until the override would be over, whoever brings it back`() {
    var book = OverrideBook()
    #expect(book.take([override("a"), override("b", since: 1)], at: base).count == 2)
    let now = base + .seconds(60)
    #expect(book.end(web, id: "a", at: now).map(\.id) == ["a"])
    #expect(book.running(of: web).map(\.id) == ["b"])
    #expect(book.take([override("a")], at: now).isEmpty)
    #expect(book.running(of: web).map(\.id) == ["b"])
    #expect(book.end(web, id: "a", at: now).isEmpty)
    book.forget(at: base + .seconds(3599))
    #expect(book.all.count == 2)
    book.forget(at: base + .seconds(3600))
    #expect(book.isEmpty)
    #expect(book.running(of: web).isEmpty)
    #expect(book.take([override("a")], at: base + .seconds(3600)).isEmpty)
  }

  @Test func `replicas that tell each other in any order agree`() {
    let ended = override("a", ended: base + .seconds(10))
    let stories = [
      [override("a"), ended], [ended, override("a")], [ended], [override("a"), ended, ended],
    ]
    for story in stories {
      var book = OverrideBook()
      for each in story { _ = book.take([each], at: base) }
      #expect(book.all == [ended])
      #expect(book.running(of: web).isEmpty)
    }
  }

  @Test func `they apply in the order in which they were set`() {
    var book = OverrideBook()
    _ = book.take(
      [override("z", since: 5), override("b", since: 9), override("a", since: 9)], at: base)
    #expect(book.running(of: web).map(\.id) == ["z", "a", "b"])
    #expect(book.all.map(\.id) == ["b", "a", "z"])
    #expect(book.end(web, id: nil, at: base).count == 3)
  }

  @Test func `there is a limit to what is remembered`() {
    var book = OverrideBook()
    let many = (0...Override.Limits.total).map { override("\($0)") }
    #expect(book.take(many, at: base).count == Override.Limits.total)
  }
}

/// Until when: as people say it.
struct OverrideEndTests {
  private func end(_ text: String, _ zone: String, at now: String) throws -> String {
    let zone = try #require(zones.timeZone(named: zone))
    return try OverrideEnd.instant(text, in: zone, at: .at(now)).rfc3339
  }

  @Test(arguments: [
    ("18:00", "UTC", "2026-11-20T08:00:00Z", "2026-11-20T18:00:00Z"),
    ("18:00", "Europe/Paris", "2026-11-20T08:00:00Z", "2026-11-20T17:00:00Z"),
    ("18:00", "Europe/Paris", "2026-11-20T17:00:00Z", "2026-11-21T17:00:00Z"),
    ("24:00", "UTC", "2026-11-20T08:00:00Z", "2026-11-21T00:00:00Z"),
    ("2026-11-22 06:30", "Asia/Tokyo", "2026-11-20T08:00:00Z", "2026-11-21T21:30:00Z"),
    ("2026-11-22T06:30", "Asia/Tokyo", "2026-11-20T08:00:00Z", "2026-11-21T21:30:00Z"),
    ("2026-11-22T06:30:00+01:00", "Asia/Tokyo", "2026-11-20T08:00:00Z", "2026-11-22T05:30:00Z"),
    // The clock goes from 02:00 to 03:00, and from 03:00 back to 02:00.
    ("02:30", "Europe/Paris", "2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z"),
    ("02:30", "Europe/Paris", "2026-10-24T23:00:00Z", "2026-10-25T01:30:00Z"),
  ])
  func `a time is the next one in the policy's zone`(
    text: String, zone: String, now: String, expected: String
  ) throws {
    #expect(try end(text, zone, at: now) == expected)
  }

  @Test(arguments: [
    "", "6pm", "18", "25:00", "18:60", "1:00", "2026-11-19 18:00", "2026-13-01 18:00",
    "2027-11-20T18:00:00Z", "2026-11-20", "18:00 18:00 18:00", "+1:00",
  ])
  func `what is no time, over, or too far ahead is refused`(text: String) {
    #expect(throws: (any Error).self) { try end(text, "UTC", at: "2026-11-20T08:00:00Z") }
  }

  @Test func `what is proposed in place of no time is accepted`() throws {
    let zone = try #require(zones.timeZone(named: "Asia/Tokyo"))
    let now = try Instant.at("2026-11-20T20:00:00Z")
    let problem = #expect(throws: OverrideEnd.Problem.self) {
      try OverrideEnd.instant("6pm", in: zone, at: now)
    }
    let sentence = try #require(problem?.sentence)
    for proposal in ["18:00", "2026-11-22 18:00", "2026-11-22T18:00:00Z"] {
      #expect(sentence.contains(proposal), "\(sentence)")
      #expect(try OverrideEnd.instant(proposal, in: zone, at: now) > now)
    }
  }

  @Test func `a duration counts from now`() throws {
    #expect(try OverrideEnd.instant(after: "2h", at: base) == base + .seconds(7200))
    for text in ["0s", "-1h", "32d", "soon"] {
      #expect(throws: OverrideEnd.Problem.self) { try OverrideEnd.instant(after: text, at: base) }
    }
  }

  @Test func `the zone is that of the schedule, or else of the built-in forecast`() throws {
    #expect(try Setting([.live(1)]).policy.timeZone == "UTC")
    let paris = Schedule(timeZone: "Europe/Paris")
    #expect(try Setting([.live(1), .calendar(paris)]).policy.timeZone == "Europe/Paris")
  }
}
