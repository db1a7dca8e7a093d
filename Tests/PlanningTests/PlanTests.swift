internal import CivilTime
internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct PlanTests {
  private let work = ScheduleRule(
    name: "Work", days: [.monday, .tuesday, .wednesday, .thursday, .friday], start: .at("09:00"),
    end: .at("18:00"), replicas: 10)

  private func plan(
    _ signals: [Signal], _ from: String, _ to: String, known: KnownSignals = KnownSignals()
  ) throws -> Plan {
    try Plan(
      of: Policy(signals), from: .at(from), to: .at(to), known: known, zones: zones)
  }

  private func text(_ plan: Plan) -> [String] {
    plan.transitions.map { "\($0.at.rfc3339) \($0.replicas.map { "\($0)" } ?? "-")" }
  }

  @Test func `A schedule shows a lead time before each start, and at each end`() throws {
    let plan = try plan(
      [.schedule([work], default: 2, zone: "Europe/Paris")], "2026-11-20T00:00:00Z",
      "2026-11-24T00:00:00Z")
    #expect(
      text(plan) == [
        "2026-11-20T00:00:00Z 2", "2026-11-20T07:50:00.001Z 10", "2026-11-20T17:00:00Z 2",
        "2026-11-23T07:50:00.001Z 10", "2026-11-23T17:00:00Z 2",
      ])
    #expect(plan.transitions[1].winner == "calendar")
    #expect(plan.transitions[1].why.contains("rule \"Work\""))
    #expect(plan.clockChanges.isEmpty)
    #expect(plan.leftOut.isEmpty)
  }

  @Test func `Every instant has the answer of the evaluator`() throws {
    let rules = (0..<8).map { index in
      ScheduleRule(
        name: "Rule \(index)", start: TimeOfDay(minutes: index * 97) ?? .startOfDay,
        end: TimeOfDay(minutes: index * 131 + 60) ?? .endOfDay, replicas: index * 3 % 7,
        atMost: index % 3 == 0 ? 4 : nil, priority: index % 4)
    }
    let policy = Policy([.schedule(rules, default: 1, zone: "Europe/Paris")])
    let from = try Instant.at("2026-10-24T22:00:00Z")
    let plan = try Plan(of: policy, from: from, to: from + .seconds(90_000), zones: zones)
    guard case .schedule(let schedule) = policy.signals[0].kind else {
      Issue.record("expected a schedule")
      return
    }
    let timeline = try schedule.timeline(from: from, to: from + .seconds(100_000), zones: zones)
    for second in stride(from: 0, to: 90_000, by: 37) {
      let now = from + .seconds(second)
      let decision = Evaluator.decide(
        policy, readings: [.schedule(timeline)], memory: Decision.Memory(), at: now)
      #expect(plan.transition(at: now).replicas == decision.replicas, "\(now.rfc3339)")
    }
  }

  @Test func `The period is half open`() throws {
    let signals = [Signal.schedule([work], default: 2)]
    #expect(
      try plan(signals, "2026-11-20T08:00:00Z", "2026-11-20T18:00:00Z").transitions.count == 2)
    #expect(
      try plan(signals, "2026-11-20T08:00:00Z", "2026-11-20T18:00:00.001Z").transitions.count == 3)
    #expect(text(try plan(signals, "2026-11-20T09:00:00Z", "2026-11-20T09:00:00.001Z")).count == 1)
  }

  @Test func `Clock changes of the zones in use are pointed out`() throws {
    let rules = [
      work, ScheduleRule(name: "Texas", replicas: 1, timeZone: "America/Chicago"),
    ]
    let plan = try plan(
      [.schedule(rules, zone: "Europe/Paris")], "2026-10-20T00:00:00Z", "2026-11-05T00:00:00Z")
    #expect(
      plan.remarks == [
        "Clock change 2026-10-25T01:00:00Z: the clocks of Europe/Paris go back by 1h.",
        "Clock change 2026-11-01T07:00:00Z: the clocks of America/Chicago go back by 1h.",
      ])
  }

  @Test func `A signal of which nothing is known is left out and named`() throws {
    let plan = try plan(
      [.schedule(default: 3), .query(threshold: 10, required: true), .forecast()],
      "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")
    #expect(text(plan) == ["2026-11-20T00:00:00Z 3"])
    #expect(plan.leftOut == ["live", "predicted"])
    #expect(
      plan.remarks == ["Left out, because nothing is known of them beforehand: live, predicted."])
  }

  @Test func `Nothing but live signals is a failure`() throws {
    #expect(throws: Plan.Failure.nothingKnown(ResourceName(name: "my-api"))) {
      try plan([.query(threshold: 10)], "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")
    }
  }

  @Test func `A constant load is what queries answer`() throws {
    let known = KnownSignals(
      load: StepSeries([StepSeries.Step(start: .distantPast, value: 55)]))
    let plan = try plan(
      [.schedule([work]), .query(threshold: 10)], "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z",
      known: known)
    #expect(
      text(plan) == [
        "2026-11-20T00:00:00Z 6", "2026-11-20T08:50:00.001Z 10", "2026-11-20T18:00:00Z 6",
      ])
  }

  @Test func `A forecast counts as far as it reaches, however old it grows`() throws {
    let from = try Instant.at("2026-11-20T00:00:00Z")
    let series = ForecastSeries(
      generatedAt: from + .seconds(3600), step: .seconds(7200), replicas: [4, 9])
    let plan = try plan(
      [.schedule(default: 1), .forecast()], "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z",
      known: KnownSignals(forecasts: ["predicted": series]))
    #expect(
      text(plan) == [
        "2026-11-20T00:00:00Z 1", "2026-11-20T00:50:00.001Z 4", "2026-11-20T02:50:00.001Z 9",
        "2026-11-20T05:00:00Z 1",
      ])
  }

  @Test func `Where a signal is not known it takes no part, required or not`() throws {
    let from = try Instant.at("2026-11-20T00:00:00Z")
    let load = StepSeries([
      StepSeries.Step(start: from, value: 20),
      StepSeries.Step(start: from + .seconds(3600), value: nil),
      StepSeries.Step(start: from + .seconds(7200), value: 40),
    ])
    let plan = try plan(
      [.schedule(default: 1), .query(threshold: 10, required: true)], "2026-11-20T00:00:00Z",
      "2026-11-20T03:00:00Z", known: KnownSignals(load: load))
    #expect(
      text(plan) == [
        "2026-11-20T00:00:00Z 2", "2026-11-20T01:00:00Z 1", "2026-11-20T02:00:00Z 4",
      ])
  }

  @Test func `Tables have a line for each transition, or for each step`() throws {
    let plan = try plan(
      [.schedule([work], default: 2)], "2026-11-20T06:00:00Z", "2026-11-20T12:00:00Z")
    #expect(
      plan.table == [
        "at (UTC)              replicas  why",
        "2026-11-20T06:00:00Z         2  2 replicas: calendar asks for 2 now (default).",
        "2026-11-20T08:50:00Z        10  10 replicas: calendar asks for 10 from 09:00:00Z (in 10m,"
          + " rule \"Work\").",
      ])
    let counts = plan.table(every: .seconds(3600)).dropFirst().map {
      $0.split(separator: " ")[1]
    }
    #expect(counts == ["2", "2", "2", "10", "10", "10"])
  }
}

struct ClockChangeTests {
  private static let expectations: [(zone: String, from: String, to: String, sentences: [String])] =
    [
      (
        "Europe/Paris", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z",
        ["2026-03-29T01:00:00Z forward 1h", "2026-10-25T01:00:00Z back 1h"]
      ),
      ("Europe/Paris", "2026-03-29T01:00:00.001Z", "2026-10-25T01:00:00Z", []),
      (
        "Europe/Paris", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00.001Z",
        ["2026-03-29T01:00:00Z forward 1h", "2026-10-25T01:00:00Z back 1h"]
      ),
      (
        "Australia/Lord_Howe", "2026-03-01T00:00:00Z", "2026-11-01T00:00:00Z",
        ["2026-04-04T15:00:00Z back 30m", "2026-10-03T15:30:00Z forward 30m"]
      ),
      // The change happens at midnight.
      (
        "Asia/Beirut", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z",
        ["2026-03-28T22:00:00Z forward 1h", "2026-10-24T21:00:00Z back 1h"]
      ),
      // A whole day is left out.
      (
        "Pacific/Apia", "2011-12-01T00:00:00Z", "2012-01-10T00:00:00Z",
        ["2011-12-30T10:00:00Z forward 24h"]
      ),
      ("UTC", "2020-01-01T00:00:00Z", "2027-01-01T00:00:00Z", []),
      ("Europe/Paris", "2026-10-25T01:00:00Z", "2026-10-25T01:00:00Z", []),
    ]

  @Test(arguments: expectations.indices)
  func `Finds changes of every kind`(_ index: Int) throws {
    let (name, from, to, sentences) = Self.expectations[index]
    let zone = try #require(zones.timeZone(named: name))
    let changes = ClockChange.changes(of: zone, named: name, from: try .at(from), to: try .at(to))
    let found = changes.map { change in
      let back = change.shift < .zero
      return "\(change.at.rfc3339) \(back ? "back" : "forward")"
        + " \((back ? .zero - change.shift : change.shift).text)"
    }
    #expect(found == sentences)
  }
}
