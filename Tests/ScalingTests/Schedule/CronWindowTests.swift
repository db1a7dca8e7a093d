internal import CivilTime
internal import Synchronization
internal import Testing
internal import Time

@testable internal import Scaling

/// KEDA's cron trigger against a walk over every minute that looks at the local clock and at
/// nothing else.
struct CronWindowTests {
  /// `start`, `end`.
  private static let pairs = [
    ("0 9 * * 1-5", "0 18 * * 1-5"),
    // Over midnight, over a weekend, over months, over the new year.
    ("0 22 * * *", "0 6 * * *"), ("0 20 * * FRI", "0 6 * * MON"), ("0 0 25 * *", "0 0 3 * *"),
    // More ends than starts, more starts than ends, both at once.
    ("30 6 * * 1-5", "10 22 * * *"), ("0 * * * *", "30 17 * * *"), ("0 9 * * *", "0 9 * * 1"),
    ("*/20 * * * *", "*/30 * * * *"),
    // Inside hours that clocks skip and repeat, and at midnight.
    ("30 2 * * *", "15 3 * * *"), ("15 1 * * *", "30 2 * * *"), ("30 1 * * *", "45 1 * * *"),
    ("0 0 * * *", "30 0 * * *"), ("30 23 * * *", "0 1 * * *"), ("30 0 * * 0", "0 3 * * 0"),
    ("@daily", "0 12 13 * 5"),
  ]
  private static let yearly = [
    ("0 0 20 11 *", "0 0 5 1 *"), ("0 0 ? JAN,feb-apr */2", "@weekly"), ("0 20 * * 5", "0 6 * * 1"),
  ]

  /// A change of the clock by an hour in both directions, by half an hour, at midnight, over midnight,
  /// of the date line, and none.
  @Test(arguments: [
    ("Europe/Berlin", 2026...2027), ("America/New_York", 2026...2026),
    ("Australia/Lord_Howe", 2026...2026), ("Africa/Cairo", 2026...2026),
    ("Asia/Beirut", 2026...2026), ("America/Havana", 2026...2026),
    ("America/Santiago", 2026...2026), ("America/St_Johns", 2010...2010),
    ("Pacific/Apia", 2011...2011), ("Antarctica/Troll", 2026...2026), ("Asia/Kolkata", 2026...2026),
  ])
  func `Around changes of the clock it is active when the walk says so`(
    name: String, years: ClosedRange<Int>
  ) throws {
    let file = try TZifFile(zone: name)
    let zone = try #require(zones.timeZone(named: name))
    let changes = file.changes(in: years)
    for change in changes.isEmpty ? [1_767_225_600] : changes {
      let walked = change / 60 - 4 * 1440..<change / 60 + 4 * 1440
      let walk = CronWalk(zone: file, minutes: walked.lowerBound..<walked.upperBound + 62 * 1440)
      for (start, end) in Self.pairs {
        try check(start, end, zone, walk, walked)
      }
    }
  }

  @Test func `Over a whole year it is active when the walk says so`() throws {
    let file = try TZifFile(zone: "Europe/Paris")
    let zone = try #require(zones.timeZone(named: "Europe/Paris"))
    let first = 1_795_176_000 / 60
    let walked = first..<first + 366 * 1440
    let walk = CronWalk(zone: file, minutes: first..<first + 740 * 1440)
    for (start, end) in Self.yearly { try check(start, end, zone, walk, walked) }
  }

  @Test func `The clock of a day is looked up once, and not for each of its starts`() throws {
    let zone = CountingRules(try #require(zones.timeZone(named: "Europe/Berlin")))
    let window = try CronWindow(start: "*/2 * * * *", end: "1-59/2 * * * *")
    // 2026-12-01, a Tuesday far from any change of the clock.
    let start = Instant(milliseconds: 1_796_079_600_000)
    let changes = window.changes(
      from: start, to: start.advanced(by: .seconds(3 * 86_400)), in: zone)
    #expect(changes.count == 3 * 1440)
    #expect(zone.count < 100)
  }

  private func check(
    _ start: String, _ end: String, _ zone: any TimeZoneRules, _ walk: CronWalk,
    _ walked: Range<Int>
  ) throws {
    let from = Instant(milliseconds: Int64(walked.lowerBound) * 60_000)
    let to = Instant(milliseconds: Int64(walked.upperBound) * 60_000)
    let schedule = Schedule(
      timeZone: "Here",
      rules: [
        ScheduleRule(name: "Cron", replicas: 1, cron: try CronWindow(start: start, end: end))
      ])
    let timeline = try schedule.timeline(from: from, to: to, zones: OneZone(zone: zone))
    var active = [Bool](repeating: false, count: walked.count)
    for (index, step) in timeline.steps.enumerated() where step.replicas == 1 {
      let next = index + 1 < timeline.steps.count ? timeline.steps[index + 1].start : to
      #expect(step.start.milliseconds % 60_000 == 0)
      for minute in Int(step.start.milliseconds / 60_000)..<Int(next.milliseconds / 60_000) {
        active[minute - walked.lowerBound] = true
      }
    }
    let wanted = try walk.active(start: start, end: end, count: walked.count)
    #expect(active == wanted, "\(start) to \(end) around \(from.rfc3339)")
  }

  @Test func `The instant of a start is inside, and that of an end outside`() throws {
    let window = try CronWindow(start: "0 9 * * *", end: "0 18 * * *")
    let found = Schedule(rules: [ScheduleRule(name: "Work", replicas: 3, cron: window)])
    #expect(
      try found.timeline("2026-11-20T00:00:00Z", "2026-11-21T09:00:00.001Z").text == [
        "2026-11-20T00:00:00Z 0", "2026-11-20T09:00:00Z 3 (rule 0)", "2026-11-20T18:00:00Z 0",
        "2026-11-21T09:00:00Z 3 (rule 0)",
      ])
  }

  @Test func `Two equal schedules are refused`() throws {
    #expect {
      try CronWindow(start: "0 0 * * *", end: "@daily")
    } throws: {
      "\($0)" == "start and end are both \"@daily\", which leaves no time between them"
    }
  }

  // MARK: Surprises. 2026-11-20 is a Friday.

  private func surprises(_ start: String, _ end: String) throws -> [CronSurprise] {
    let window = try CronWindow(start: start, end: end)
    let rule = ScheduleRule(name: "Cron", replicas: 3, cron: window)
    return try ScheduleAudit.findings(
      of: Schedule(timeZone: "Europe/Berlin", rules: [rule]), zones: zones, from: base
    ).map { finding in
      guard case .cron(_, let surprise) = finding else {
        throw UnexpectedFinding(description: "\(finding)")
      }
      return surprise
    }
  }

  @Test(arguments: [
    ("0 9 * * 1-5", "0 18 * * 1-5"), ("0 20 * * 5", "0 6 * * 1"), ("*/5 * * * *", "@daily"),
  ])
  func `What does as it is written does not surprise, however often it starts`(
    start: String, end: String
  ) throws {
    let found = try surprises(start, end)
    #expect(
      found.allSatisfy { if case .startsWithoutEffect = $0 { start.hasPrefix("*") } else { false } }
    )
  }

  @Test func `An end that finds another one before the next start is told with its date`() throws {
    let found = try surprises("30 6 * * 1-5", "10 22 * * *")
    #expect(
      found.map(\.text) == [
        "staysActive Friday 2026-11-20 22:10 Europe/Berlin, Saturday 2026-11-21 22:10 Europe/Berlin"
      ])
  }

  @Test func `A start that finds another one before the next end is told with its date`() throws {
    let found = try surprises("0 9,10 * * *", "0 18 * * *")
    #expect(
      found.map(\.text) == [
        "startsWithoutEffect Saturday 2026-11-21 09:00 Europe/Berlin, Saturday 2026-11-21 10:00 Europe/Berlin"
      ])
  }

  @Test func `A start that the clock skips and an end that it repeats are told with their dates`()
    throws
  {
    let found = try surprises("30 2 * * *", "45 2 * * *")
    #expect(
      found.map(\.text) == [
        "skipped start Sunday 2027-03-28 02:30 Europe/Berlin",
        "skipped end Sunday 2027-03-28 02:45 Europe/Berlin",
        "repeated start Sunday 2027-10-31 02:30 Europe/Berlin",
        "repeated end Sunday 2027-10-31 02:45 Europe/Berlin",
      ])
  }
}

private struct UnexpectedFinding: Error, CustomStringConvertible {
  let description: String
}

extension CronSurprise {
  fileprivate var text: String {
    switch self {
    case .staysActive(let at, let until): "staysActive \(at), \(until)"
    case .startsWithoutEffect(let at, let next): "startsWithoutEffect \(at), \(next)"
    case .skipped(let isStart, let at): "skipped \(isStart ? "start" : "end") \(at)"
    case .repeated(let isStart, let at): "repeated \(isStart ? "start" : "end") \(at)"
    }
  }
}

private struct OneZone: TimeZoneDatabase {
  let zone: any TimeZoneRules

  func timeZone(named name: String) -> (any TimeZoneRules)? { zone }
}

/// What the local clock shows at each minute of an interval.
private struct CronWalk {
  /// Minutes since 1970-01-01 00:00 local.
  private let clock: [Int]

  init(zone: TZifFile, minutes: Range<Int>) {
    let changes = zone.transitions.filter { minutes.contains($0.at / 60) }
    var offset = zone.offset(at: minutes.lowerBound * 60)
    var next = 0
    clock = minutes.map { minute in
      while next < changes.count, changes[next].at <= minute * 60 {
        offset = changes[next].offset
        next += 1
      }
      return minute + offset / 60
    }
  }

  /// KEDA's rule for the first minutes, from the last one backwards.
  func active(start: String, end: String, count: Int) throws -> [Bool] {
    let starts = try PlainCron(start)
    let ends = try PlainCron(end)
    var nextStart = Int.max
    var nextEnd = Int.max
    var active = [Bool](repeating: false, count: count)
    for index in clock.indices.reversed() {
      if index < count { active[index] = !(nextStart < nextEnd) }
      if starts.matches(clock[index]) { nextStart = index }
      if ends.matches(clock[index]) { nextEnd = index }
    }
    return active
  }
}

/// Five cron fields as sets of numbers; read with no regard for errors.
private struct PlainCron {
  private let fields: [Set<Int>]
  private let eitherDay: Bool

  init(_ text: String) throws {
    let words = ["@daily": "0 0 * * *", "@weekly": "0 0 * * 0"]
    var plain = (words[text] ?? text).lowercased()
    let names = [
      "sun": "0", "mon": "1", "tue": "2", "wed": "3", "thu": "4", "fri": "5", "sat": "6",
      "jan": "1", "feb": "2", "apr": "4",
    ]
    for (name, number) in names { plain = plain.replacing(name, with: number) }
    let parts = plain.split(separator: " ")
    let ranges = [0...59, 0...23, 1...31, 1...12, 0...6]
    fields = zip(parts, ranges).map { part, range in
      var numbers: Set<Int> = []
      for item in part.split(separator: ",") {
        let pieces = item.split(separator: "/")
        let bounds = pieces[0].split(separator: "-").compactMap { Int($0) }
        let step = pieces.count == 2 ? Int(pieces[1]) ?? 1 : 1
        numbers.formUnion(
          stride(
            from: bounds.first ?? range.lowerBound, through: bounds.last ?? range.upperBound,
            by: step))
      }
      return numbers
    }
    eitherDay = !["*", "?"].contains(parts[2]) && !["*", "?"].contains(parts[4])
  }

  func matches(_ minute: Int) -> Bool {
    let time = ((minute % 1440) + 1440) % 1440
    guard fields[0].contains(time % 60), fields[1].contains(time / 60) else { return false }
    let date = CivilDate(daysSince1970: (minute - time) / 1440)
    let weekday = ((Weekday.allCases.firstIndex(of: date.weekday) ?? 0) + 1) % 7
    let byDate = fields[2].contains(date.day)
    let byWeekday = fields[4].contains(weekday)
    return fields[3].contains(date.month)
      && (eitherDay ? byDate || byWeekday : byDate && byWeekday)
  }
}

/// Another zone's rules, and how often they were asked.
private final class CountingRules: TimeZoneRules {
  private let rules: any TimeZoneRules
  private let asked = Mutex(0)

  init(_ rules: any TimeZoneRules) { self.rules = rules }

  var count: Int { asked.withLock { $0 } }

  func date(at instant: Instant) -> CivilDate {
    asked.withLock { $0 += 1 }
    return rules.date(at: instant)
  }

  func offset(at instant: Instant) -> Duration {
    asked.withLock { $0 += 1 }
    return rules.offset(at: instant)
  }

  func instants(of date: CivilDate, _ time: TimeOfDay) -> LocalInstants {
    asked.withLock { $0 += 1 }
    return rules.instants(of: date, time)
  }
}
