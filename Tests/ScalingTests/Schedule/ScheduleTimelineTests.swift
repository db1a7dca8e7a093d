internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// Which rule wins when, away from changes of the clock. 2026-11-20 is a Friday.
struct ScheduleTimelineTests {
  @Test func `Without rules the default holds`() throws {
    let timeline = try Schedule(defaultReplicas: 3).timeline(
      "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")
    #expect(timeline.text == ["2026-11-20T00:00:00Z 3"])
  }

  @Test func `Days, times and the default of a week`() throws {
    let schedule = Schedule(
      timeZone: "Europe/Paris", defaultReplicas: 2,
      rules: [try ScheduleRule("Work", "09:00", "18:00", replicas: 10, days: [.monday, .friday])])
    let timeline = try schedule.timeline("2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z")
    #expect(
      timeline.text == [
        "2026-11-20T00:00:00Z 2", "2026-11-20T08:00:00Z 10 (rule 0)", "2026-11-20T17:00:00Z 2",
        "2026-11-23T08:00:00Z 10 (rule 0)", "2026-11-23T17:00:00Z 2",
      ])
  }

  @Test func `The highest priority wins, then the earlier rule`() throws {
    let schedule = Schedule(rules: [
      try ScheduleRule("A", "08:00", "12:00", replicas: 1, priority: 5),
      try ScheduleRule("B", "09:00", "13:00", replicas: 2, priority: 5),
      try ScheduleRule("C", "10:00", "11:00", replicas: 3, priority: 6),
    ])
    let timeline = try schedule.timeline("2026-11-20T08:00:00Z", "2026-11-20T14:00:00Z")
    #expect(
      timeline.text == [
        "2026-11-20T08:00:00Z 1 (rule 0)", "2026-11-20T10:00:00Z 3 (rule 2)",
        "2026-11-20T11:00:00Z 1 (rule 0)", "2026-11-20T12:00:00Z 2 (rule 1)",
        "2026-11-20T13:00:00Z 0",
      ])
  }

  @Test func `Floors and caps are chosen separately`() throws {
    let schedule = Schedule(
      defaultReplicas: 1,
      rules: [
        try ScheduleRule("Both", "08:00", "12:00", replicas: 8, atMost: 9, priority: 1),
        try ScheduleRule("Cap", "09:00", "10:00", atMost: 4, priority: 2),
        try ScheduleRule("Floor", "11:00", "13:00", replicas: 6, priority: 2),
      ])
    let timeline = try schedule.timeline("2026-11-20T07:00:00Z", "2026-11-20T14:00:00Z")
    #expect(
      timeline.text == [
        "2026-11-20T07:00:00Z 1", "2026-11-20T08:00:00Z 8 (rule 0) <= 9 (rule 0)",
        "2026-11-20T09:00:00Z 8 (rule 0) <= 4 (rule 1)",
        "2026-11-20T10:00:00Z 8 (rule 0) <= 9 (rule 0)",
        "2026-11-20T11:00:00Z 6 (rule 2) <= 9 (rule 0)", "2026-11-20T12:00:00Z 6 (rule 2)",
        "2026-11-20T13:00:00Z 1",
      ])
  }

  @Test func `A window across midnight belongs to the day on which it starts`() throws {
    let schedule = Schedule(rules: [
      try ScheduleRule("Night", "22:00", "06:00", replicas: 4, days: [.friday])
    ])
    let timeline = try schedule.timeline("2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z")
    #expect(
      timeline.text == [
        "2026-11-20T00:00:00Z 0", "2026-11-20T22:00:00Z 4 (rule 0)", "2026-11-21T06:00:00Z 0",
      ])
    // An interval that begins inside it sees it open.
    #expect(
      try schedule.timeline("2026-11-21T05:59:00Z", "2026-11-21T07:00:00Z").text == [
        "2026-11-21T05:59:00Z 4 (rule 0)", "2026-11-21T06:00:00Z 0",
      ])
  }

  @Test func `Days that follow each other at 24:00 leave no gap`() throws {
    let schedule = Schedule(
      timeZone: "Asia/Kolkata", rules: [try ScheduleRule("Always", replicas: 4)])
    #expect(
      try schedule.timeline("2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z").text == [
        "2026-11-20T00:00:00Z 4 (rule 0)"
      ])
  }

  @Test func `Days and dates both have to match`() throws {
    let schedule = Schedule(rules: [
      try ScheduleRule(
        "Sale", replicas: 4, days: [.friday], dates: ["2026-11-20", "2026-11-21"])
    ])
    #expect(
      try schedule.timeline("2026-11-19T00:00:00Z", "2026-11-23T00:00:00Z").text == [
        "2026-11-19T00:00:00Z 0", "2026-11-20T00:00:00Z 4 (rule 0)", "2026-11-21T00:00:00Z 0",
      ])
  }

  @Test func `A rule's own time zone goes before the schedule's`() throws {
    let schedule = Schedule(
      timeZone: "Europe/Paris",
      rules: [
        try ScheduleRule("Paris", "09:00", "10:00", replicas: 1),
        try ScheduleRule("Tokyo", "09:00", "10:00", replicas: 2, timeZone: "Asia/Tokyo"),
        try ScheduleRule("Apia", "09:00", "10:00", replicas: 3, timeZone: "Pacific/Apia"),
      ])
    #expect(
      try schedule.timeline("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z").text == [
        "2026-11-20T00:00:00Z 2 (rule 1)", "2026-11-20T01:00:00Z 0",
        "2026-11-20T08:00:00Z 1 (rule 0)", "2026-11-20T09:00:00Z 0",
        "2026-11-20T20:00:00Z 3 (rule 2)", "2026-11-20T21:00:00Z 0",
      ])
  }

  @Test func `A start that equals its end opens no window`() throws {
    let schedule = Schedule(rules: [try ScheduleRule("None", "09:00", "09:00", replicas: 4)])
    #expect(try schedule.timeline("2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z").steps.count == 1)
  }

  @Test func `An interval that is empty or backwards is its first instant`() throws {
    let schedule = Schedule(rules: [try ScheduleRule("Day", "09:00", "18:00", replicas: 4)])
    let timeline = try schedule.timeline("2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z")
    #expect(timeline.text == ["2026-11-20T09:00:00Z 4 (rule 0)"])
    #expect(timeline.to > timeline.from)
    #expect(try schedule.timeline("2026-11-20T09:00:00Z", "2026-11-19T09:00:00Z") == timeline)
  }

  @Test func `An unknown time zone is an error, not another time`() {
    let schedule = Schedule(
      timeZone: "UTC", rules: [ScheduleRule(name: "Day", replicas: 1, timeZone: "Mars/Olympus")])
    let error = #expect(throws: UnknownTimeZone.self) {
      try schedule.timeline(from: base, to: base + .seconds(1), zones: zones)
    }
    #expect(
      error?.description == "the time zone \"Mars/Olympus\" is not in the time zone database")
  }

  @Test func `Dates of any number of years cost no more than those of the interval`() throws {
    let dates = Set((0..<5000).map { CivilDate(daysSince1970: 20_000 + $0 * 7) })
    let schedule = Schedule(rules: [ScheduleRule(name: "Dates", dates: dates, replicas: 1)])
    let timeline = try schedule.timeline(
      from: Instant(milliseconds: 20_700 * 86_400_000),
      to: Instant(milliseconds: 20_714 * 86_400_000), zones: zones)
    #expect(timeline.steps.map(\.replicas) == [1, 0, 1, 0])
  }

  @Test func `More than 64 rules are ranked as few are`() throws {
    let rules = (0..<200).map { index in
      ScheduleRule(name: "\(index)", replicas: index, priority: index == 150 ? 1 : 0)
    }
    #expect(
      try Schedule(rules: rules).timeline("2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z").text
        == ["2026-11-20T00:00:00Z 150 (rule 150)"])
  }

  @Test(
    "The ends of time neither trap nor loop",
    arguments: [
      (Instant.distantPast, Instant.distantPast), (.distantFuture, .distantFuture),
    ])
  func endsOfTime(from: Instant, to: Instant) throws {
    let schedule = Schedule(
      timeZone: "Europe/Paris", rules: [try ScheduleRule("Day", "09:00", "18:00", replicas: 4)])
    _ = try schedule.timeline(from: from, to: to, zones: zones)
  }
}
