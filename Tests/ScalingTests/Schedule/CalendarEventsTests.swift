internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// Rules by calendar, and exceptions by one.
struct CalendarEventsTests {
  private func day(_ text: String) throws -> Int { try CivilDate(text: text).daysSince1970 }

  private func use(
    days: [String] = [], spans: [(String, String)] = []
  ) throws -> CalendarUse {
    CalendarUse(
      name: "c",
      events: Shared(
        CalendarEvents(
          days: try days.map { try day($0)...day($0) },
          spans: try spans.map {
            try #require(CalendarEvents.Span(from: .at($0.0), to: .at($0.1)))
          })))
  }

  private func timeline(_ rule: ScheduleRule) throws -> [String] {
    try Schedule(timeZone: "Europe/Berlin", rules: [rule])
      .timeline("2026-12-23T23:00:00Z", "2026-12-27T23:00:00Z").text
  }

  @Test func `A rule begins on the whole days of its calendar, by the clock of the rule`() throws {
    var rule = try ScheduleRule("Holiday", "22:00", "06:00", replicas: 3)
    var conditions = DateConditions()
    conditions.calendar = try use(days: ["2026-12-25"])
    rule.conditions = conditions
    #expect(
      try timeline(rule) == [
        "2026-12-23T23:00:00Z 0", "2026-12-25T21:00:00Z 3 (rule 0)", "2026-12-26T05:00:00Z 0",
      ])
  }

  @Test func `Events with times cut the windows of a rule`() throws {
    var rule = try ScheduleRule("Launch", "09:00", "18:00", replicas: 3, days: [.thursday])
    var conditions = DateConditions()
    // Friday's is on no day of the rule.
    conditions.calendar = try use(spans: [
      ("2026-12-24T06:00:00Z", "2026-12-24T09:30:00Z"),
      ("2026-12-24T16:00:00Z", "2026-12-24T20:00:00Z"),
      ("2026-12-25T09:00:00Z", "2026-12-25T10:00:00Z"),
    ])
    rule.conditions = conditions
    #expect(
      try timeline(rule) == [
        "2026-12-23T23:00:00Z 0", "2026-12-24T08:00:00Z 3 (rule 0)", "2026-12-24T09:30:00Z 0",
        "2026-12-24T16:00:00Z 3 (rule 0)", "2026-12-24T17:00:00Z 0",
      ])
  }

  @Test func `An excepted calendar takes its days away, and cuts its events out`() throws {
    var rule = try ScheduleRule("Work", "09:00", "18:00", replicas: 3)
    var conditions = DateConditions()
    conditions.except.calendars = [
      try use(days: ["2026-12-25", "2026-12-26"]),
      try use(spans: [("2026-12-24T11:00:00Z", "2026-12-24T12:00:00Z")]),
    ]
    rule.conditions = conditions
    #expect(
      try timeline(rule) == [
        "2026-12-23T23:00:00Z 0", "2026-12-24T08:00:00Z 3 (rule 0)", "2026-12-24T11:00:00Z 0",
        "2026-12-24T12:00:00Z 3 (rule 0)", "2026-12-24T17:00:00Z 0",
        "2026-12-27T08:00:00Z 3 (rule 0)", "2026-12-27T17:00:00Z 0",
      ])
  }

  @Test func `By a calendar that was never read no rule and no exception applies`() throws {
    var rule = try ScheduleRule("Work", "09:00", "18:00", replicas: 3)
    var conditions = DateConditions()
    conditions.calendar = CalendarUse(name: "c")
    rule.conditions = conditions
    #expect(try timeline(rule) == ["2026-12-23T23:00:00Z 0"])
    conditions.calendar = nil
    conditions.except.calendars = [CalendarUse(name: "c")]
    rule.conditions = conditions
    #expect(try timeline(rule).count == 9)
  }

  @Test func `A cron rule does not begin on an excepted day, also seen from the middle`() throws {
    let window = try CronWindow(start: "0 22 * * *", end: "0 6 * * *")
    var rule = ScheduleRule(name: "Night", replicas: 3, cron: window)
    var conditions = DateConditions()
    conditions.except.dates = [try CivilDate(text: "2026-12-25")]
    rule.conditions = conditions
    #expect(
      try timeline(rule) == [
        "2026-12-23T23:00:00Z 3 (rule 0)", "2026-12-24T05:00:00Z 0",
        "2026-12-24T21:00:00Z 3 (rule 0)", "2026-12-25T05:00:00Z 0",
        "2026-12-26T21:00:00Z 3 (rule 0)", "2026-12-27T05:00:00Z 0",
        "2026-12-27T21:00:00Z 3 (rule 0)",
      ])
    let schedule = Schedule(timeZone: "Europe/Berlin", rules: [rule])
    #expect(
      try schedule.timeline("2026-12-26T01:00:00Z", "2026-12-26T02:00:00Z").text
        == ["2026-12-26T01:00:00Z 0"])
    #expect(
      try schedule.timeline("2026-12-25T01:00:00Z", "2026-12-25T02:00:00Z").text
        == ["2026-12-25T01:00:00Z 3 (rule 0)"])
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `Events are found like by looking at each of them`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let days = (0..<30).map { _ in
      let first = Int.random(in: 0...200, using: &random)
      return first...(first + Int.random(in: 0...5, using: &random))
    }
    let spans = (0..<30).compactMap { _ in
      let from = base + .seconds(Int64.random(in: 0...2000, using: &random) * 60)
      return CalendarEvents.Span(
        from: from, to: from + .seconds(Int64.random(in: 0...90, using: &random) * 60))
    }
    let events = CalendarEvents(days: days, spans: spans)
    for day in -3...210 {
      #expect(
        events.contains(CivilDate(daysSince1970: day)) == days.contains { $0.contains(day) })
    }
    var rule = ScheduleRule(name: "all", replicas: 1)
    var conditions = DateConditions()
    conditions.calendar = CalendarUse(
      name: "c", events: Shared(CalendarEvents(days: [], spans: spans)))
    rule.conditions = conditions
    let timeline = try Schedule(rules: [rule]).timeline(
      from: base, to: base + .seconds(3000 * 60), zones: zones)
    for minute in 0..<2999 {
      let instant = base + .seconds(Int64(minute) * 60)
      let isIn = spans.contains { $0.from <= instant && instant < $0.to }
      let step = timeline.steps.last { $0.start <= instant }
      #expect(step?.replicas == (isIn ? 1 : 0), "minute \(minute)")
    }
  }
}
