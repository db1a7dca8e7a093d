internal import CivilTime
internal import Scaling
internal import Testing
internal import Time

@testable internal import ICalendar

private let zones = CCTZDatabase()

/// A calendar of events, each given by its lines.
private func calendar(_ events: String..., before: String = "") -> [UInt8] {
  let body = events.map { "BEGIN:VEVENT\nUID:a\n\($0)\nEND:VEVENT\n" }.joined()
  return Array("BEGIN:VCALENDAR\nVERSION:2.0\n\(before)\(body)END:VCALENDAR\n".utf8)
}

private func read(
  _ bytes: [UInt8], zone: String? = nil
) throws -> CalendarReading {
  try CalendarFile.read(bytes, zone: zone.flatMap { zones.timeZone(named: $0) }, zones: zones)
}

extension CalendarReading {
  /// `2026-12-25` or `2026-12-24/2026-12-26`, and `2026-11-27T08:00:00Z/2026-11-27T10:00:00Z`; of
  /// 2026 and 2027 alone.
  fileprivate var text: [String] {
    let days = events.days.map { range in
      let first = CivilDate(daysSince1970: range.lowerBound)
      let last = CivilDate(daysSince1970: range.upperBound)
      return first == last ? "\(first)" : "\(first)/\(last)"
    }
    let spans = events.spans.map { "\($0.from.rfc3339)/\($0.to.rfc3339)" }
    return (days + spans).filter { $0.hasPrefix("2026") || $0.hasPrefix("2027") }
  }
}

struct CalendarFileTests {
  @Test(arguments: [
    ("DTSTART;VALUE=DATE:20261225", ["2026-12-25"]),
    ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227", ["2026-12-24/2026-12-26"]),
    ("DTSTART;VALUE=DATE:20261224\nDURATION:P2D", ["2026-12-24/2026-12-25"]),
    ("DTSTART;VALUE=DATE:20261224\nDURATION:P1W", ["2026-12-24/2026-12-30"]),
    // An end that is no later than the start: one day.
    ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261224", ["2026-12-24"]),
    (
      "DTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY", ["2026-12-25", "2027-12-25"]
    ),
    // The fourth Thursday of November.
    (
      "DTSTART;VALUE=DATE:20201126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
      ["2026-11-26", "2027-11-25"]
    ),
    (
      "DTSTART;VALUE=DATE:20261102\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20261109",
      ["2026-11-02", "2026-11-16"]
    ),
    (
      "DTSTART;VALUE=DATE:20261102\nRRULE:FREQ=WEEKLY;UNTIL=20261116\nRDATE;VALUE=DATE:20261203,20261210",
      ["2026-11-02", "2026-11-09", "2026-11-16", "2026-12-03", "2026-12-10"]
    ),
    // DTSTART counts also where the rule does not meet it.
    (
      "DTSTART;VALUE=DATE:20261103\nRRULE:FREQ=MONTHLY;BYMONTHDAY=15;COUNT=2",
      ["2026-11-03", "2026-11-15", "2026-12-15"]
    ),
    ("DTSTART;VALUE=DATE:20261225\nSTATUS:CANCELLED", []),
    // What is empty says nothing.
    ("DTSTART;VALUE=DATE:20261225\nEXDATE:\nRRULE:", ["2026-12-25"]),
    (
      "DTSTART:20261127T090000Z\nDTEND:20261127T110000Z",
      ["2026-11-27T09:00:00Z/2026-11-27T11:00:00Z"]
    ),
    ("DTSTART:20261127T090000Z\nDURATION:PT30M", ["2026-11-27T09:00:00Z/2026-11-27T09:30:00Z"]),
    ("DTSTART:20261127T090000Z", []),
    (
      "DTSTART;TZID=Europe/Berlin:20261127T090000\nDTEND;TZID=Europe/Berlin:20261127T110000",
      ["2026-11-27T08:00:00Z/2026-11-27T10:00:00Z"]
    ),
    // As some programs write zones.
    (
      "DTSTART;TZID=/citadel.org/20190914_1/America/New_York:20261127T090000\nDURATION:PT1H",
      ["2026-11-27T14:00:00Z/2026-11-27T15:00:00Z"]
    ),
    // By the clock on the wall: the hour of UTC changes with it.
    (
      "DTSTART;TZID=Europe/Berlin:20261023T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\n"
        + "EXDATE;TZID=Europe/Berlin:20261024T090000",
      [
        "2026-10-23T07:00:00Z/2026-10-23T08:00:00Z", "2026-10-25T08:00:00Z/2026-10-25T09:00:00Z",
        "2026-10-26T08:00:00Z/2026-10-26T09:00:00Z",
      ]
    ),
    // A day by the clock, over a night of 25 hours.
    (
      "DTSTART;TZID=Europe/Berlin:20261024T200000\nDURATION:P1D",
      ["2026-10-24T18:00:00Z/2026-10-25T19:00:00Z"]
    ),
    // An exception given in UTC, and one that is a whole day.
    (
      "DTSTART;TZID=Europe/Berlin:20261123T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\n"
        + "EXDATE:20261123T080000Z\nEXDATE;VALUE=DATE:20261125",
      ["2026-11-24T08:00:00Z/2026-11-24T09:00:00Z"]
    ),
    (
      "DTSTART:20261123T090000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20261201T100000Z/PT2H",
      ["2026-11-23T09:00:00Z/2026-11-23T10:00:00Z", "2026-12-01T10:00:00Z/2026-12-01T12:00:00Z"]
    ),
    // The last instant is given in UTC, as Google and Outlook do: four days in Tokyo, where it is
    // nine hours later by the clock on the wall, and in Los Angeles, where it is eight hours earlier.
    (
      "DTSTART;TZID=Asia/Tokyo:20261201T160000\nDURATION:PT1H\n"
        + "RRULE:FREQ=DAILY;UNTIL=20261204T145959Z",
      [
        "2026-12-01T07:00:00Z/2026-12-01T08:00:00Z", "2026-12-02T07:00:00Z/2026-12-02T08:00:00Z",
        "2026-12-03T07:00:00Z/2026-12-03T08:00:00Z", "2026-12-04T07:00:00Z/2026-12-04T08:00:00Z",
      ]
    ),
    (
      "DTSTART;TZID=America/Los_Angeles:20261203T060000\nDURATION:PT1H\n"
        + "RRULE:FREQ=DAILY;UNTIL=20261205T075959Z",
      ["2026-12-03T14:00:00Z/2026-12-03T15:00:00Z", "2026-12-04T14:00:00Z/2026-12-04T15:00:00Z"]
    ),
    // The very last instant counts, and so does all of a day that is given without a time.
    (
      "DTSTART;TZID=Europe/Berlin:20261203T160000\nDURATION:PT1H\n"
        + "RRULE:FREQ=DAILY;UNTIL=20261204T150000Z",
      ["2026-12-03T15:00:00Z/2026-12-03T16:00:00Z", "2026-12-04T15:00:00Z/2026-12-04T16:00:00Z"]
    ),
    (
      "DTSTART;TZID=Europe/Berlin:20261203T160000\nDURATION:PT1H\n"
        + "RRULE:FREQ=DAILY;UNTIL=20261204",
      ["2026-12-03T15:00:00Z/2026-12-03T16:00:00Z", "2026-12-04T15:00:00Z/2026-12-04T16:00:00Z"]
    ),
    (
      "DTSTART;VALUE=DATE:20261203\nRRULE:FREQ=DAILY;UNTIL=20261204T000000Z",
      ["2026-12-03/2026-12-04"]
    ),
    // What names no zone is by the clock of the event.
    (
      "DTSTART;TZID=Europe/Berlin:20261203T160000\nDTEND:20261203T170000\n"
        + "RRULE:FREQ=DAILY;UNTIL=20261204T160000\nEXDATE:20261203T160000",
      ["2026-12-04T15:00:00Z/2026-12-04T16:00:00Z"]
    ),
    // A time that the clock skips is the instant of the change.
    (
      "DTSTART;TZID=Europe/Berlin:20270328T023000\nDTEND;TZID=Europe/Berlin:20270328T040000",
      ["2027-03-28T01:00:00Z/2027-03-28T02:00:00Z"]
    ),
  ])
  func `An event is when it says`(event: String, expected: [String]) throws {
    let reading = try read(calendar(event))
    #expect(reading.text == expected && reading.findings == [])
    // With the line ends of the RFC, folded at every 20th byte.
    let folded = String(decoding: calendar(event), as: UTF8.self).split(separator: "\n")
      .map { line in
        stride(from: 0, to: line.count, by: 20)
          .map { String(line.dropFirst($0).prefix(20)) }.joined(separator: "\r\n ")
      }
      .joined(separator: "\r\n")
    #expect(try read(Array(folded.utf8)) == reading)
  }

  @Test func `One occurrence moves, and another is called off`() throws {
    let series = "DTSTART:20261102T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3"
    let moved = "RECURRENCE-ID:20261109T090000Z\nDTSTART:20261110T120000Z\nDURATION:PT2H"
    let off = "RECURRENCE-ID:20261116T090000Z\nDTSTART:20261116T090000Z\nSTATUS:CANCELLED"
    #expect(
      try read(calendar(series, moved, off)).text == [
        "2026-11-02T09:00:00Z/2026-11-02T10:00:00Z", "2026-11-10T12:00:00Z/2026-11-10T14:00:00Z",
      ])
  }

  @Test func `Times without a zone are those of the calendar, of the file, or UTC`() throws {
    let event = "DTSTART:20261127T090000\nDURATION:PT1H"
    #expect(try read(calendar(event)).text == ["2026-11-27T09:00:00Z/2026-11-27T10:00:00Z"])
    let tokyo = calendar(event, before: "X-WR-TIMEZONE:Asia/Tokyo\n")
    #expect(try read(tokyo).text == ["2026-11-27T00:00:00Z/2026-11-27T01:00:00Z"])
    #expect(
      try read(tokyo, zone: "Europe/Berlin").text == ["2026-11-27T08:00:00Z/2026-11-27T09:00:00Z"])
  }

  /// As Outlook names them: a zone of the file's own, whose clock changes in summer.
  static let ownZone =
    "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\n"
    + "BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n"
    + "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n"
    + "BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
    + "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n"

  @Test func `A zone that the file defines is its own`() throws {
    let event =
      "DTSTART;TZID=W. Europe Standard Time:20261023T090000\nDURATION:PT1H\n"
      + "RRULE:FREQ=DAILY;INTERVAL=7;COUNT=2"
    #expect(
      try read(calendar(event, before: Self.ownZone)).text == [
        "2026-10-23T07:00:00Z/2026-10-23T08:00:00Z", "2026-10-30T08:00:00Z/2026-10-30T09:00:00Z",
      ])
  }

  @Test(arguments: [
    ("DTSTART;TZID=Mars/Olympus:20261127T090000\nDURATION:PT1H", "\"Mars/Olympus\" is neither"),
    (
      "SUMMARY:Launch\nDTEND:20261127T090000Z",
      "the event \"Launch\" is left out: it has no DTSTART"
    ),
    ("DTSTART:20261127T090000Z\nRRULE:FREQ=HOURLY", "recurs within a day"),
    ("DTSTART:20261127T090000Z\nRRULE:FREQ=DAILY;BYMINUTE=1,2", "recurs within a day"),
    (
      "DTSTART:20261127T090000Z\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261127T090000Z",
      "THISANDFUTURE is not supported"
    ),
    // What libical drops would be another event.
    ("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=FORTNIGHTLY", "its RRULE cannot be read"),
    ("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=DAILY;INTERVAL=0", "its RRULE cannot be read"),
    ("DTSTART:20261127T090000Z\nDURATION:1h", "its DURATION cannot be read"),
    ("DTSTART:20261127T090000Z\nDTEND:tomorrow", "its DTEND cannot be read"),
    ("DTSTART:20261127T090000Z\nDTEND;VALUE=DATE:20261128", "is a time, and its DTEND a date"),
    ("DTSTART:20261127T090000Z\nDTEND:20261127T080000Z", "ends before it begins"),
  ])
  func `What cannot be understood is left out and told`(event: String, finding: String) throws {
    let reading = try read(calendar(event, "DTSTART;VALUE=DATE:20261225"))
    #expect(reading.findings.count == 1 && reading.findings[0].contains(finding), "\(reading)")
    #expect(reading.text == ["2026-12-25"])
  }

  @Test func `Of many findings some are told`() throws {
    let event = "DTSTART:20261127T090000Z\nRRULE:FREQ=HOURLY"
    let bytes = Array(
      ("BEGIN:VCALENDAR\n"
        + String(repeating: "BEGIN:VEVENT\n\(event)\nEND:VEVENT\n", count: 50) + "END:VCALENDAR\n")
        .utf8)
    #expect(try read(bytes).findings.count == CalendarReading.mostFindings)
  }

  @Test(arguments: [
    ("", "found nothing"),
    ("<html>Sign in</html>", "begins with BEGIN:VCALENDAR, found \"<html>Sign"),
    ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "ends inside of VEVENT"),
    ("BEGIN:VCALENDAR\nEND:VEVENT\n", "expected END:VCALENDAR, found \"END:VEVENT\""),
    ("BEGIN:VCALENDAR\nSUMMARY:\u{0}\nEND:VCALENDAR", "a byte of 0"),
    ("BEGIN:VCALENDAR\n" + String(repeating: "BEGIN:X\n", count: 200_000), "is not complete"),
    (
      "BEGIN:VCALENDAR\n" + String(repeating: "BEGIN:VEVENT\nEND:VEVENT\n", count: 10_001),
      "at most 10000 events"
    ),
    (
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEXDATE:" + String(repeating: "20261127T090000Z,", count: 5000)
        + "\n", "a EXDATE of at most 64 KiB"
    ),
    (
      "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nRRULE:FREQ=SECONDLY\n",
      "to be FREQ=YEARLY"
    ),
  ])
  func `A file that is none, or means no good, is refused as a whole`(
    file: String, problem: String
  ) throws {
    let error = #expect(throws: CalendarProblem.self) { try read(Array(file.utf8)) }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }

  @Test func `Hostile recurrences neither block nor grow`() throws {
    let daily = String(
      repeating:
        "BEGIN:VEVENT\nDTSTART:20000101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nEND:VEVENT\n",
      count: 30)
    #expect(throws: CalendarProblem.self) {
      try read(Array("BEGIN:VCALENDAR\n\(daily)END:VCALENDAR\n".utf8))
    }
    // One that never matches, and one without end from the year 1 on.
    let reading = try read(
      calendar(
        "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=YEARLY"))
    #expect(reading.events.days.count <= 102)
  }

  @Test func `What is passed over does not matter`() throws {
    let event =
      "DTSTART;VALUE=DATE:20261225\nDESCRIPTION:\(String(repeating: "x", count: 200_000))\n"
      + "BEGIN:VALARM\nTRIGGER:-PT15M\nDTSTART:20200101T000000Z\nEND:VALARM"
    let reading = try read(
      calendar(event, before: "BEGIN:VTODO\nDTSTART:20261101T000000Z\nEND:VTODO\nNAME:n\n"))
    #expect(reading.text == ["2026-12-25"] && reading.eventCount == 1)
  }

  @Test func `Calendars one after the other are read together`() throws {
    let both =
      calendar("DTSTART;VALUE=DATE:20261225") + calendar("DTSTART;VALUE=DATE:20261226")
    #expect(try read([0xEF, 0xBB, 0xBF] + both).text == ["2026-12-25/2026-12-26"])
  }
}
