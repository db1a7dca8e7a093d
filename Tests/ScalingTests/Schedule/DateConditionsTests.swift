internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// Rules by months, yearly dates, ranges and exceptions, day by day.
struct DateConditionsTests {
  /// The local days of a year on which a rule of the whole day applies.
  private func days(_ conditions: DateConditions, dates: Set<CivilDate> = []) throws -> [CivilDate]
  {
    let rule = ScheduleRule(name: "R", dates: dates, replicas: 1, conditions: conditions)
    let timeline = try Schedule(rules: [rule]).timeline(
      "2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z")
    var found: [CivilDate] = []
    for (index, step) in timeline.steps.enumerated() where step.replicas == 1 {
      let end = index + 1 < timeline.steps.count ? timeline.steps[index + 1].start : timeline.to
      var day = step.start.milliseconds / 86_400_000
      while day * 86_400_000 < end.milliseconds {
        found.append(CivilDate(daysSince1970: Int(day)))
        day += 1
      }
    }
    return found
  }

  /// The days of the two years that a closure says yes to.
  private func wanted(_ matches: (CivilDate) -> Bool) throws -> [CivilDate] {
    let first = try CivilDate(text: "2027-01-01").daysSince1970
    return (0..<365 + 366).map { CivilDate(daysSince1970: first + $0) }.filter(matches)
  }

  private func monthDay(_ month: Int, _ day: Int) throws -> DateSpan.MonthDay {
    try #require(DateSpan.MonthDay(month: month, day: day))
  }

  @Test func `Months`() throws {
    var conditions = DateConditions()
    conditions.months = [2, 12]
    #expect(try days(conditions) == wanted { [2, 12].contains($0.month) })
  }

  @Test func `A date of every year, a leap day, and a range over New Year`() throws {
    var conditions = DateConditions()
    conditions.spans = [
      .yearly(try monthDay(12, 24), try monthDay(1, 6)),
      .yearly(try monthDay(2, 29), try monthDay(2, 29)),
    ]
    let expected = try wanted { date in
      (date.month == 12 && date.day >= 24) || (date.month == 1 && date.day <= 6)
        || (date.month == 2 && date.day == 29)
    }
    #expect(try days(conditions) == expected)
    #expect(expected.contains(try CivilDate(text: "2028-02-29")))
    #expect(DateSpan.MonthDay(month: 2, day: 30) == nil)
  }

  @Test func `A range of dates beside single ones, without what is excepted`() throws {
    var conditions = DateConditions()
    conditions.spans = [.once(try CivilDate(text: "2027-03-01"), try CivilDate(text: "2027-03-14"))]
    conditions.except.days = [.sunday]
    conditions.except.dates = [try CivilDate(text: "2027-03-02")]
    let single = try CivilDate(text: "2028-07-01")
    let expected = try wanted { date in
      date == single
        || (date.year == 2027 && date.month == 3 && date.day <= 14 && date.day != 2
          && date.weekday != .sunday)
    }
    #expect(try days(conditions, dates: [single]) == expected)
  }

  @Test func `Between two instants a window is cut off`() throws {
    var conditions = DateConditions()
    conditions.from = try .at("2027-01-02T06:00:00Z")
    conditions.to = try .at("2027-01-04T18:30:00Z")
    let rule = try ScheduleRule("R", "05:00", "20:00", replicas: 3)
    var bounded = rule
    bounded.conditions = conditions
    #expect(
      try Schedule(rules: [bounded]).timeline("2027-01-01T00:00:00Z", "2027-01-06T00:00:00Z").text
        == [
          "2027-01-01T00:00:00Z 0", "2027-01-02T06:00:00Z 3 (rule 0)", "2027-01-02T20:00:00Z 0",
          "2027-01-03T05:00:00Z 3 (rule 0)", "2027-01-03T20:00:00Z 0",
          "2027-01-04T05:00:00Z 3 (rule 0)", "2027-01-04T18:30:00Z 0",
        ])
  }

  @Test func `A rule that no day matches any more is found`() throws {
    var conditions = DateConditions()
    conditions.months = [2]
    conditions.spans = [.yearly(try monthDay(12, 1), try monthDay(12, 31))]
    let rule = ScheduleRule(name: "R", replicas: 1, conditions: conditions)
    #expect(
      try ScheduleAudit.findings(of: Schedule(rules: [rule]), zones: zones, from: base)
        == [.neverMatches(rule: 0)])
  }
}
