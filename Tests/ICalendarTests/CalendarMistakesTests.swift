internal import CivilTime
internal import Scaling
internal import Testing
internal import Time

@testable internal import ICalendar

/// What programs write that no calendar should hold: right, or a finding that says where.
struct CalendarMistakesTests {
  private let zones = CCTZDatabase()

  private func read(_ lines: String, zone: String? = nil) throws -> CalendarReading {
    try CalendarFile.read(
      Array("BEGIN:VCALENDAR\r\n\(lines.replacing("\n", with: "\r\n"))\r\nEND:VCALENDAR\r\n".utf8),
      zone: zone.flatMap { zones.timeZone(named: $0) }, zones: zones)
  }

  private func event(_ lines: String) -> String { "BEGIN:VEVENT\n\(lines)\nEND:VEVENT" }

  private func starts(_ reading: CalendarReading) -> [String] {
    reading.events.spans.map(\.from.rfc3339)
  }

  @Test(arguments: [
    ("W. Europe Standard Time", "2027-03-01T09:00:00Z"),
    ("\"Eastern Standard Time\"", "2027-03-01T15:00:00Z"),
    ("India Standard Time", "2027-03-01T04:30:00Z"), ("UTC", "2027-03-01T10:00:00Z"),
  ])
  func `A zone of Windows that the file does not define is known`(name: String, at: String) throws {
    let reading = try read(event("DTSTART;TZID=\(name):20270301T100000\nDURATION:PT1H"))
    #expect(starts(reading) == [at] && reading.findings.isEmpty)
  }

  @Test func `X-WR-TIMEZONE may be one of Windows, and one that is not known is told`() throws {
    let floating = event("DTSTART:20270301T100000\nDURATION:PT1H")
    let known = try read("X-WR-TIMEZONE:Eastern Standard Time\n\(floating)")
    #expect(starts(known) == ["2027-03-01T15:00:00Z"] && known.findings.isEmpty)
    let unknown = try read("X-WR-TIMEZONE:europe/berlin\n\(floating)")
    #expect(unknown.findings.count == 1)
    #expect(unknown.findings[0].hasSuffix("write timeZone: Europe/Berlin in the Calendar"))
    // Where the Calendar says it, the file does not matter.
    #expect(try read("X-WR-TIMEZONE:Mars\n\(floating)", zone: "Europe/Berlin").findings.isEmpty)
  }

  private static let daily = "RRULE:FREQ=DAILY;COUNT=2"

  @Test(arguments: [
    ("DTSTART;VALUE=DATE:20270301\n\(daily)\nEXDATE:20270302T093000Z", "its EXDATE is a time"),
    ("DTSTART;VALUE=DATE:20270301\n\(daily)\nEXDATE;VALUE=DATE:20270332", "its EXDATE is no date"),
    ("DTSTART:20270301T100000Z\nRDATE;VALUE=DATE:20270305", "its RDATE is a date, and its DTSTART"),
    ("DTSTART:20270301T100000Z\nRDATE:20270305T250000Z", "its RDATE is no date and no time"),
    ("DTSTART;VALUE=DATE:20270301\nRDATE:20270305T100000Z", "its RDATE is a time, and its DTSTART"),
    (
      "DTSTART;TZID=europe/berlin:20270301T100000",
      "is neither an IANA zone nor defined in the file; write TZID=Europe/Berlin, or"
    ),
  ])
  func `What would be lost without a word is a finding with its line`(
    lines: String, finding: String
  ) throws {
    let reading = try read("\(event("DTSTART:20270101T100000Z"))\n\(event("SUMMARY:x\n\(lines)"))")
    try #require(reading.findings.count == 1, "\(reading)")
    #expect(reading.findings[0].hasPrefix("line 5: the event \"x\" is left out: "))
    #expect(reading.findings[0].contains(finding), "\(reading.findings)")
  }

  @Test func `The midnight of a whole day takes it away`() throws {
    let reading = try read(
      event("DTSTART;VALUE=DATE:20270301\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20270302T000000"))
    let days = reading.events.days.map { CivilDate(daysSince1970: $0.lowerBound).description }
    #expect(days == ["2027-03-01", "2027-03-03"] && reading.findings.isEmpty)
  }

  private static let weekly =
    "UID:w\nSUMMARY:x\nDTSTART;TZID=Europe/Berlin:20270301T100000\nDURATION:PT1H\n"
    + "RRULE:FREQ=WEEKLY;COUNT=3"

  @Test(arguments: [
    (
      "\(weekly)\nEXDATE:20270308T100000Z", 3,
      "is not taken away by its EXDATE 2027-03-08T10:00:00Z: no occurrence begins then; write the time"
        + " and the zone of its DTSTART, or EXDATE;VALUE=DATE:20270308 for what begins on that day"
    ),
    (
      "\(weekly)\nEXDATE:20270315T100000Z,20270308T100000Z,20270309T090000Z", 3,
      "is not taken away by its EXDATE 2027-03-08T10:00:00Z (and 2 more): no occurrence"
    ),
    (
      "\(weekly)\nEXDATE;VALUE=DATE:20270309", 3,
      "its EXDATE 2027-03-09: no occurrence begins on that day"
    ),
    // After the last one, and of an event that does not recur.
    ("\(weekly)\nEXDATE:20270322T090000Z", 3, "its EXDATE 2027-03-22T09:00:00Z: no occurrence"),
    // Two whole days, one after the other, are one.
    (
      "SUMMARY:x\nDTSTART;VALUE=DATE:20270301\n\(daily)\nEXDATE;VALUE=DATE:20270303", 1,
      "is not taken away by its EXDATE 2027-03-03: no occurrence begins on that day"
    ),
  ])
  func `An exception that meets no occurrence is a finding with its line`(
    lines: String, count: Int, finding: String
  ) throws {
    let other = event("DTSTART:20270101T100000Z\nDURATION:PT1H")
    let reading = try read("\(other)\n\(event(lines))")
    #expect(reading.events.spans.count + reading.events.days.count == count + 1)
    try #require(reading.findings.count == 1, "\(reading.findings)")
    #expect(reading.findings[0].hasPrefix("line 6: the event \"x\" is"), "\(reading.findings)")
    #expect(reading.findings[0].contains(finding), "\(reading.findings)")
  }

  @Test(arguments: [
    // The form that is proposed, the instant itself in UTC, and by a clock.
    ("EXDATE;VALUE=DATE:20270308", 2), ("EXDATE:20270308T090000Z", 2),
    ("EXDATE;TZID=Europe/Berlin:20270308T100000", 2), ("EXDATE:20270301T100000", 2),
    // What another exception takes away as well is met.
    ("EXRULE:FREQ=WEEKLY;COUNT=2\nEXDATE:20270308T090000Z", 1),
    ("RDATE:20270309T090000Z\nEXDATE:20270309T090000Z", 3),
    // Not laid out.
    ("EXDATE:19990308T100000Z,21010308T100000Z", 3),
  ])
  func `An exception that meets an occurrence is none`(lines: String, count: Int) throws {
    let reading = try read(event("\(Self.weekly)\n\(lines)"))
    #expect(reading.events.spans.count == count && reading.findings.isEmpty, "\(reading)")
  }

  @Test(arguments: ["STATUS:CANCELLED", "LOCATION:Berlin"])
  func `What replaces an occurrence that there is not is a finding`(lines: String) throws {
    func findings(_ moment: String, beside series: String) throws -> [String] {
      let moved = "UID:w\nSUMMARY:y\nDTSTART:20270310T100000Z\nRECURRENCE-ID:\(moment)\n\(lines)"
      return try read("\(series)\n\(event(moved))").findings
    }
    let series = event(Self.weekly)
    #expect(try findings("20270308T090000Z", beside: series) == [])
    #expect(
      try findings("20270308T100000Z", beside: series) == [
        "line 9: the event \"y\" takes the place of nothing: no occurrence begins at its RECURRENCE-ID,"
          + " 2027-03-08T10:00:00Z"
      ])
    // Somebody who is invited to one occurrence has no series.
    #expect(try findings("20270308T100000Z", beside: event("DTSTART:20270101T100000Z")) == [])
  }

  @Test func `A line that is folded inside of a character is one line`() throws {
    let summary = Array("SUMMARY:M\u{FC}nchen".utf8)
    let bytes =
      Array("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n".utf8) + summary.prefix(10)
      + Array("\r\n ".utf8) + summary.dropFirst(10)
      + Array("\r\nDTSTART;VALUE=DATE:2027\r\n\t0301\r\nEXDATE:\r\nRDATE:x\r\n".utf8)
      + Array("END:VEVENT\r\nEND:VCALENDAR\r\n".utf8)
    let reading = try CalendarFile.read(bytes, zones: zones)
    #expect(
      reading.findings == [
        "line 2: the event \"M\u{FC}nchen\" is left out: its RDATE cannot be read"
      ])
  }

  @Test func `A file in UTF-16 is called that`() {
    let bytes: [UInt8] = [0xFF, 0xFE] + Array("BEGIN:VCALENDAR".utf8).flatMap { [$0, 0] }
    let error = #expect(throws: CalendarProblem.self) { try CalendarFile.read(bytes, zones: zones) }
    #expect(error?.description.contains("found UTF-16; save it as UTF-8") == true)
  }

  @Test func `A finding repeats no control characters`() throws {
    let lines = "X-WR-TIMEZONE:Eu\u{19}rope/Berlin\n\(event("DTSTART:20270301T090000"))"
    let reading = try read(lines)
    #expect(!reading.findings.isEmpty)
    #expect(reading.findings.allSatisfy { !$0.contains("\u{19}") })
  }
}
