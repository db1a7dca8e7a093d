internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct DecisionHistoryTests {
  private let name = ResourceName(namespace: "default", name: "my-api")

  /// Decides at each instant, as the engine does.
  private func history(
    of setting: Setting, at instants: [Instant],
    limits: DecisionHistory.Limits = DecisionHistory.Limits(),
    change: (inout Setting, Instant) -> Void = { _, _ in }
  ) -> (history: DecisionHistory, decisions: [Decision]) {
    var setting = setting
    var history = DecisionHistory(of: name, limits: limits)
    var previous: Decision?
    var decisions: [Decision] = []
    for instant in instants {
      change(&setting, instant)
      let decision = setting.decide(at: instant)
      setting.memory = decision.memory
      history.record(decision, after: previous)
      previous = decision
      decisions.append(decision)
    }
    return (history, decisions)
  }

  private func live(_ value: Double, in setting: inout Setting, _ index: Int = 0) {
    setting.readings[index] = .prometheus(
      Reading(value: .sample(value), obtainedAt: base), uptime: nil)
  }

  @Test func `What does not change the answer takes no room`() throws {
    let instants = (0..<1000).map { base + .seconds(15 * $0) }
    var value = 350.0
    let (history, _) = history(of: try Setting([.live(350)]), at: instants) { setting, _ in
      value = value == 350 ? 351 : 350
      self.live(value, in: &setting)
    }
    #expect(history.decisions().count == 1)
    #expect(history.decisions()[0].at == base)
  }

  @Test func `Every change of the answer comes back with what explains it`() throws {
    let schedule = Schedule(
      timeZone: "Europe/Paris", defaultReplicas: 2,
      rules: [
        try ScheduleRule("Business hours", "09:00", "18:00", replicas: 10),
        try ScheduleRule("Lunch", "12:00", "13:00", atMost: 8),
      ])
    var setting = try Setting(
      leadTime: .seconds(600), [.calendar(schedule), .live(241.5), .predicted([4, 6, 12, 6])])
    setting.policy.limits = ReplicaLimits(minReplicas: 3, maxReplicas: 11)
    let instants = (0..<1440).map { base - .seconds(43_200) + .seconds(60 * $0) }
    let (history, decisions) = history(of: setting, at: instants)

    for (index, decision) in decisions.enumerated() {
      let kept = try #require(history.decision(at: decision.at))
      #expect(!kept.differs(from: decision), "at \(decision.at.rfc3339)")
      #expect(kept.policy == name)
      if index == 0 || decision.differs(from: decisions[index - 1]) {
        #expect(kept.at == decision.at)
      }
    }
    let first = history.decisions()[0]
    #expect(first.contributions[1].value == 241.5)
    let rise = try #require(history.decisions().first { $0.replicas == 10 })
    #expect(rise.contributions[0].rule == "Business hours")
    #expect(
      rise.contributions[0].peak.map { rise.at.duration(to: $0) } ?? .zero > .seconds(500))
  }

  @Test func `An unavailable decision keeps its reason, and a lost signal its problem`() throws {
    var setting = try Setting([.live(500), .live(100, name: "other")])
    setting.policy.hold = .upTo(.seconds(60))
    let (history, decisions) = history(
      of: setting, at: [base, base + .seconds(50), base + .seconds(200)]
    ) { setting, now in
      guard now > base else { return }
      setting.fail(0, since: "2026-11-20T08:00:00Z", "HTTP 500")
      if now > base + .seconds(100) {
        setting.fail(1, since: "2026-11-20T08:00:00Z", "HTTP 502")
      }
    }
    let kept = history.decisions()
    #expect(kept.map(\.replicas) == decisions.map(\.replicas))
    #expect(kept[1].contributions[0].state == .held)
    #expect(kept[1].contributions[0].problem == decisions[1].contributions[0].problem)
    #expect(kept[2].outcome == decisions[2].outcome)
  }

  @Test func `Since gives the decision in force, and all that follow`() throws {
    let instants = (0..<10).map { base + .seconds(60 * $0) }
    let (history, decisions) = history(of: try Setting([.live(0)]), at: instants) {
      setting, now in self.live(Double(base.duration(to: now).milliseconds), in: &setting)
    }
    let since = history.decisions(since: base + .seconds(150))
    #expect(since.map(\.at) == decisions[2...].map(\.at))
    #expect(history.decisions(since: base - .seconds(1)).count == 10)
    #expect(history.decision(at: base - .seconds(1)) == nil)
    #expect(history.decision(at: base + .seconds(9999))?.at == decisions[9].at)
  }

  @Test func `Older entries than the span go, but not the one in force at its beginning`() throws {
    let instants = (0..<3000).map { base + .seconds(60 * $0) }
    var limits = DecisionHistory.Limits()
    limits.count = 2000
    let (history, _) = history(of: try Setting([.live(0)]), at: instants, limits: limits) {
      setting, now in
      self.live(Double(base.duration(to: now).milliseconds / 60_000 % 7) * 100, in: &setting)
    }
    let oldest = instants[2999] - .seconds(86_400)
    #expect(history.start == oldest)
    #expect(history.decision(at: oldest)?.at == oldest)
  }

  @Test func `The room is bounded however often the answer changes`() throws {
    let limits = DecisionHistory.Limits()
    let instants = (0..<20_000).map { base + .seconds($0) }
    var generator = SeededGenerator(seed: 7)
    let (history, decisions) = history(
      of: try Setting([.live(0), .live(0, name: "other")]), at: instants, limits: limits
    ) { setting, _ in
      self.live(Double(Int.random(in: 0...1_000_000, using: &generator)), in: &setting)
    }
    #expect(history.decisions().count == limits.count)
    #expect(history.byteCount < 64 * 1024)
    let last = decisions.suffix(limits.count).map(\.replicas)
    #expect(history.decisions().map(\.replicas) == last)
    #expect(history.decisions().last?.replicas == decisions.last?.replicas)
  }

  @Test func `The earliest go where there is little room, down to eight`() throws {
    var setting = try Setting([.live(0)])
    var history = DecisionHistory(of: name)
    var decisions: [Decision] = []
    for (index, room) in (Array(repeating: 1 << 20, count: 100) + [4000, 0, 4000, 3000, 9000])
      .flatMap({ Array(repeating: $0, count: 30) }).enumerated()
    {
      live(Double(index * 100), in: &setting)
      let now = base + .seconds(index)
      let decision = setting.decide(at: now)
      history.record(decision, after: decisions.last, room: room)
      decisions.append(decision)
      let kept = history.decisions()
      #expect(kept.count == 8 || history.byteCount <= room)
      #expect(kept.count <= DecisionHistory.Limits().count && kept.count >= min(8, index + 1))
      #expect(kept.map(\.replicas) == decisions.suffix(kept.count).map(\.replicas))
      #expect(history.decision(at: now)?.replicas == decision.replicas)
    }
    #expect(history.byteCount > 6000, "room that is there again is used")
  }

  @Test func `A policy that gets other signals begins again, and the past stays`() throws {
    let before = try Setting([.live(300)]).decide()
    let after = try Setting([.live(300), .predicted([9])]).decide(at: base + .seconds(1))
    var history = DecisionHistory(of: name)
    history.record(before, after: nil)
    history.record(after, after: before)
    #expect(history.decisions().map(\.contributions.count) == [1, 2])
    #expect(history.decisions().map(\.replicas) == [3, 9])
  }

  @Test func `A clock that is set back does not turn the order around`() throws {
    let setting = try Setting([.live(300)])
    var other = setting
    live(500, in: &other)
    let first = setting.decide(at: base)
    let second = other.decide(at: base - .seconds(3600))
    var history = DecisionHistory(of: name)
    history.record(first, after: nil)
    history.record(second, after: first)
    #expect(history.decisions().map(\.at) == [base, base])
    #expect(history.decision(at: base)?.replicas == 5)
  }
}
