internal import Scaling
internal import TestKit
internal import Testing
internal import Time

private let utc = NamedTimeZone.utc.rules

struct CronScheduleTests {
  @Test(arguments: [
    ("0 9 * * *", "2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z"),
    ("*/15 * * * *", "2026-11-20T12:15:00Z", "2026-11-20T12:30:00Z"),
    ("5/20 * * * *", "2026-11-20T12:25:00Z", "2026-11-20T12:45:00Z"),
    ("0 8-18/5 * * *", "2026-11-20T08:00:00Z", "2026-11-20T13:00:00Z"),
    ("30 8,20 * * *", "2026-11-20T08:30:00Z", "2026-11-20T20:30:00Z"),
    // The 20th is a Friday.
    ("0 9 * * MON-FRI", "2026-11-20T09:00:00Z", "2026-11-23T09:00:00Z"),
    ("0 9 * * fri-sun", "2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z"),
    ("0 9 * * 0", "2026-11-15T09:00:00Z", "2026-11-22T09:00:00Z"),
    ("0 9 * * 7", "2026-11-15T09:00:00Z", "2026-11-22T09:00:00Z"),
    ("0 9 * * Sun", "2026-11-15T09:00:00Z", "2026-11-22T09:00:00Z"),
    ("0 0 1 * *", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    ("0 0 1 jan,JUL *", "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ("0 0 31 * *", "2026-10-31T00:00:00Z", "2026-12-31T00:00:00Z"),
    ("0 0 29 2 *", "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
    // Either day: the 13th, or a Friday.
    ("0 0 13 * 5", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z"),
    ("0 0 22 * 5", "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z"),
    // One of the day fields is free: the other alone counts.
    ("0 0 */1 * 1", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
    ("0 0 13,* * 1", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
    // A step that leaves days out makes the field count.
    ("0 0 */10 * 6", "2026-11-14T00:00:00Z", "2026-11-21T00:00:00Z"),
    // As N/step ends on a Saturday, there is no Sunday in this one.
    ("0 0 * * 5/1", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
    ("0 0 * * 6/1", "2026-11-14T00:00:00Z", "2026-11-21T00:00:00Z"),
    ("@hourly", "2026-11-20T12:00:00Z", "2026-11-20T13:00:00Z"),
    ("@daily", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
    ("@midnight", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
    ("@weekly", "2026-11-15T00:00:00Z", "2026-11-22T00:00:00Z"),
    ("@monthly", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    ("@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ("@annually", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ("0 0 ? * 1", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
    ("59 23 31 12 *", "2025-12-31T23:59:00Z", "2026-12-31T23:59:00Z"),
    ("\t0   9 * *  * ", "2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z"),
  ])
  func `Around noon of a Friday, the last start and the next one`(
    text: String, last: String, next: String
  ) throws {
    let schedule = try CronSchedule(text: text)
    let noon = try Instant.at("2026-11-20T12:29:30Z")
    #expect(schedule.lastStart(notAfter: noon, in: utc) == (try .at(last)))
    #expect(schedule.firstStart(after: noon, in: utc) == (try .at(next)))
  }

  @Test func `A start is not after itself, and its successor is`() throws {
    let schedule = try CronSchedule(text: "0 9 * * *")
    let start = try Instant.at("2026-11-20T09:00:00Z")
    #expect(schedule.lastStart(notAfter: start, in: utc) == start)
    #expect(
      schedule.lastStart(notAfter: start - .milliseconds(1), in: utc)
        == (try .at("2026-11-19T09:00:00Z")))
    #expect(schedule.firstStart(after: start - .milliseconds(1), in: utc) == start)
    #expect(schedule.firstStart(after: start, in: utc) == (try .at("2026-11-21T09:00:00Z")))
  }

  @Test func `A leap day is found across a century without one`() throws {
    let schedule = try CronSchedule(text: "0 0 29 2 *")
    #expect(
      schedule.firstStart(after: try .at("2096-03-01T00:00:00Z"), in: utc)
        == (try .at("2104-02-29T00:00:00Z")))
    #expect(
      schedule.lastStart(notAfter: try .at("2104-02-28T00:00:00Z"), in: utc)
        == (try .at("2096-02-29T00:00:00Z")))
  }

  @Test func `Instants at the ends of time find something or nothing, and never trap`() throws {
    let schedule = try CronSchedule(text: "0 0 29 2 *")
    for instant in [Instant.distantPast, .distantFuture, Instant(milliseconds: -1)] {
      _ = schedule.lastStart(notAfter: instant, in: utc)
      _ = schedule.firstStart(after: instant, in: utc)
    }
    #expect(
      try CronSchedule(text: "* * * * *").lastStart(notAfter: Instant(milliseconds: -1), in: utc)
        == Instant(milliseconds: -60_000))
  }

  /// Every minute of two years, one after the other, is what the arithmetic leaves out.
  @Test(arguments: [
    "7 3 * * *", "*/25 */7 * * *", "0 12 1,15 * *", "30 6 28-31 2,4 *", "0 0 29 2 *",
    "15 10 13 * 5", "1 1 * 6 0", "0 0 */10 * 1-3", "59 23 * * 6-7",
  ])
  func `The arithmetic agrees with looking at every minute`(text: String) throws {
    let schedule = try CronSchedule(text: text)
    let naive = try NaiveCron(text)
    var previous: Instant?
    let first = try Instant.at("2027-06-01T00:00:00Z").milliseconds / 60_000
    for minute in first..<first + 2 * 366 * 1440 where naive.matches(minute) {
      let start = Instant(milliseconds: minute * 60_000)
      if let previous {
        #expect(schedule.firstStart(after: previous, in: utc) == start)
        #expect(schedule.lastStart(notAfter: start - .milliseconds(1), in: utc) == previous)
      }
      previous = start
    }
    #expect(previous != nil)
  }

  @Test(arguments: [
    ("", "\"\" has 0 fields, but a cron schedule has five"),
    ("0 9 * *", "\"0 9 * *\" has 4 fields"),
    ("0 0 9 * * *", "day of the week; leave out the seconds: \"0 9 * * *\""),
    ("0 9 * * * 2027", "day of the week; leave out the year: \"0 9 * * *\""),
    ("0 0 9 * * 1-5 2027", "leave out the seconds and the year: \"0 9 * * 1-5\""),
    ("0 0 9 * * x", "write them such as \"0 9 * * 1-5\""),
    ("9:30", "every day at that time is \"30 9 * * *\""),
    ("CRON_TZ=UTC 0 9 * * *", "the zone has a field of its own: leave out CRON_TZ=UTC"),
    ("* * * * Monday", "with , - and /; write MON"),
    ("* * * * SAT-MON", "ends before it begins; write 6,0-1"),
    ("* 22-6 * * *", "ends before it begins; write 22-23,0-6"),
    ("@every 1h", "write one of @hourly, @daily,"),
    ("@noon", "\"@noon\" is not known here"),
    ("@daily 5", "\"@daily 5\" is not known here"),
    ("60 * * * *", "the minute is \"60\", expected * or numbers from 0 to 59, with"),
    ("* 24 * * *", "with , - and /; midnight is 0"),
    ("* * 0 * *", "the day of the month is \"0\", expected * or numbers from 1 to 31"),
    ("* * * 13 *", "the month is \"13\", expected * or numbers from 1 to 12 or names such as FEB"),
    ("* * * * 8", "the day of the week is \"8\""),
    ("* * * * Moon", "the day of the week is \"Moon\""),
    ("5-3 * * * *", "the minute \"5-3\" has a range that ends before it begins"),
    ("*/0 * * * *", "the minute \"*/0\" has the step \"0\", expected 1 to 9999"),
    ("*/x * * * *", "has the step \"x\""),
    ("1/2/3 * * * *", "the minute is \"1/2/3\""),
    ("1,,2 * * * *", "the minute is \"1,,2\""),
    ("-1 * * * *", "the minute is \"-1\""),
    ("1-2-3 * * * *", "the minute is \"1-2-3\""),
    ("0 0 31 2 *", "names a day of the month that none of its months has"),
    ("0 0 30 feb *", "names a day of the month that none of its months has"),
    ("+1 * * * *", "the minute is \"+1\""),
    ("100 * * * *", "the minute is \"100\""),
  ])
  func `What is no schedule is refused with the field named`(text: String, problem: String) {
    #expect {
      try CronSchedule(text: text)
    } throws: { error in
      "\(error)".contains(problem)
    }
  }

  @Test func `A text of a thousand characters is read, and none of one more`() throws {
    let list = Array(repeating: "1", count: 496).joined(separator: ",")
    let text = list + " * * * *"
    #expect(text.utf8.count == 999)
    _ = try CronSchedule(text: text + " ")
    #expect(throws: InvalidCronSchedule.self) { try CronSchedule(text: text + "  ") }
  }

  // MARK: Periods

  @Test func `A period includes its start and not its end`() throws {
    let period = EnabledPeriod(
      schedule: try CronSchedule(text: "0 9 * * 1-5"), duration: .seconds(8 * 3600))
    let start = try Instant.at("2026-11-20T09:00:00Z")
    let end = try Instant.at("2026-11-20T17:00:00Z")
    #expect(period.state(at: start - .milliseconds(1)) == (false, start))
    #expect(period.state(at: start) == (true, end))
    #expect(period.state(at: end - .milliseconds(1)) == (true, end))
    // Over the weekend.
    #expect(period.state(at: end) == (false, try .at("2026-11-23T09:00:00Z")))
  }

  @Test func `Periods that overlap are one`() throws {
    let day = EnabledPeriod(
      schedule: try CronSchedule(text: "0 0 * * *"), duration: .seconds(86_400))
    let noon = try Instant.at("2026-11-20T12:00:00Z")
    #expect(day.state(at: noon).isEnabled)
    #expect(day.state(at: day.state(at: noon).until).isEnabled)
  }
}

/// A schedule of five fields of plain numbers, ranges, lists and steps, minute by minute.
private struct NaiveCron {
  private let fields: [Set<Int>]
  private let eitherDay: Bool

  init(_ text: String) throws {
    let parts = text.split(separator: " ").map(String.init)
    let ranges = [0...59, 0...23, 1...31, 1...12, 0...7]
    fields = try zip(parts, ranges).map { part, range in
      var numbers: Set<Int> = []
      for item in part.split(separator: ",") {
        let pieces = item.split(separator: "/")
        let step = try pieces.count == 2 ? #require(Int(pieces[1])) : 1
        let bounds = pieces[0].split(separator: "-").compactMap { Int($0) }
        let first = bounds.first ?? range.lowerBound
        let last = bounds.last.map { $0 } ?? range.upperBound
        numbers.formUnion(stride(from: first, through: last, by: step))
      }
      return numbers
    }
    eitherDay = parts[2] != "*" && parts[4] != "*"
  }

  func matches(_ minute: Int64) -> Bool {
    let date = CivilDate(daysSince1970: Int(minute / 1440))
    let index = Weekday.allCases.firstIndex(of: date.weekday) ?? 0
    let byWeekday = fields[4].contains((index + 1) % 7) || (index == 6 && fields[4].contains(7))
    let byDate = fields[2].contains(date.day)
    return fields[0].contains(Int(minute % 60)) && fields[1].contains(Int(minute / 60 % 24))
      && fields[3].contains(date.month)
      && (eitherDay ? byDate || byWeekday : byDate && byWeekday)
  }
}
