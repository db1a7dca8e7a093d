internal import Time

/// A schedule names a time zone that the database does not have.
///
/// Validation refuses such a schedule, so that this is met only by one that was never validated.
package struct UnknownTimeZone: Error, Hashable, CustomStringConvertible {
  package let name: String

  package init(name: String) {
    self.name = name
  }

  package var description: String {
    "the time zone \"\(name)\" is not in the time zone database"
  }
}

/// One occurrence of a rule: the contiguous span that begins on one local day.
struct RuleWindow: Hashable {
  /// Index into the schedule's rules.
  let rule: Int
  /// The local day on which it starts.
  let date: CivilDate
  /// The window is [opens, closes); never empty.
  let opens: Instant
  let closes: Instant
}

/// Which of two instants ends a window whose end is a time that occurs twice.
enum RepeatedEnd {
  /// The rule of design section 1: a window is open until its end for the last time.
  case last
  /// Leaves the repeated hour out, so that windows that touch on paper never overlap: that is
  /// what the author of a schedule wants to be warned about.
  case first
}

extension ScheduleRule {
  /// The windows of this rule that touch [from, to), in no order. Those of a cron rule begin at
  /// `from` at the earliest.
  ///
  /// - Parameters:
  ///   - days: those on which a window can start that is open within the interval.
  ///   - cronLimit: the most starts and ends of a cron rule that are walked over.
  func windows(
    from: Instant, to: Instant, days: ClosedRange<Int>, in zone: any TimeZoneRules,
    repeatedEnd: RepeatedEnd, cronLimit: Int = .max
  ) -> [(date: CivilDate, opens: Instant, closes: Instant)] {
    guard let cron else {
      return startDates(in: days).flatMap { date in
        zone.window(of: self, on: date, repeatedEnd: repeatedEnd)
          .map { parts(of: $0, on: date) } ?? []
      }
    }
    return cron.windows(from: from, to: to, in: zone, limit: cronLimit).flatMap { window in
      guard let conditions else {
        return [(zone.date(at: window.opens), window.opens, window.closes)]
      }
      // One that is open at the beginning may have started on another day.
      let started = cron.start.lastStart(notAfter: window.opens, in: zone) ?? window.opens
      let date = zone.date(at: started)
      return conditions.allows(date) ? parts(of: window, on: date) : []
    }
  }

  /// What its conditions leave of a window that starts on a date.
  func parts(
    of window: (opens: Instant, closes: Instant), on date: CivilDate
  ) -> [(date: CivilDate, opens: Instant, closes: Instant)] {
    guard let conditions else { return [(date, window.opens, window.closes)] }
    return conditions.parts(of: window, on: date).map { (date, $0.opens, $0.closes) }
  }
}

extension TimeZoneRules {
  /// The span of a window that starts on `date`, nil when nothing of it exists.
  ///
  /// It opens at the first instant at which the local clock reads `start` or later, and closes at
  /// the last instant at which it reads `end` or earlier (design section 1, clock changes). In a
  /// spring gap both are the instant of the change.
  func window(
    of rule: ScheduleRule, on date: CivilDate, repeatedEnd: RepeatedEnd
  ) -> (opens: Instant, closes: Instant)? {
    guard rule.start != rule.end else { return nil }
    let opens =
      switch instants(of: date, rule.start) {
      case .unique(let instant), .skipped(change: let instant), .repeated(first: let instant, _):
        instant
      }
    let lastDate = rule.end > rule.start ? date : date.advanced(byDays: 1)
    let closes =
      switch (instants(of: lastDate, rule.end), repeatedEnd) {
      case (.unique(let instant), _), (.skipped(change: let instant), _): instant
      case (.repeated(_, second: let second), .last): second
      case (.repeated(let first, _), .first): first
      }
    return opens < closes ? (opens, closes) : nil
  }
}

/// The zones that a schedule's rules live in, looked up once.
struct ScheduleZones {
  private(set) var distinct: [any TimeZoneRules] = []
  /// For each rule its zone, as an index into `distinct`.
  private(set) var indexOfRule: [Int] = []

  init(of schedule: Schedule, in database: any TimeZoneDatabase) throws(UnknownTimeZone) {
    var indexOfName: [String: Int] = [:]
    indexOfRule.reserveCapacity(schedule.rules.count)
    for rule in schedule.rules {
      let name = rule.timeZone ?? schedule.timeZone
      if let index = indexOfName[name] {
        indexOfRule.append(index)
        continue
      }
      guard let zone = database.timeZone(named: name) else { throw UnknownTimeZone(name: name) }
      indexOfName[name] = distinct.count
      indexOfRule.append(distinct.count)
      distinct.append(zone)
    }
  }

  func zone(ofRule rule: Int) -> any TimeZoneRules {
    distinct[indexOfRule[rule]]
  }

  /// Per zone, the days on which a window can start that is open at some instant of [from, to).
  ///
  /// Two days earlier, because a window may reach over midnight and the clock may then be put
  /// back over that midnight again; one day later, because such a change can show the evening
  /// before to a window that has opened already.
  func days(from: Instant, to: Instant) -> [ClosedRange<Int>] {
    distinct.map { zone in
      let first = zone.date(at: from).daysSince1970 - 2
      return first...max(first, zone.date(at: to).daysSince1970 + 1)
    }
  }
}

extension ScheduleRule {
  /// The days among `days` on which a window of this rule starts, in no order.
  func startDates(in days: ClosedRange<Int>) -> [CivilDate] {
    let weekdays = WeekdaySet(self.days)
    if let conditions {
      let isAnyDate = dates.isEmpty && conditions.spans.isEmpty
      return days.lazy.filter { weekdays.contains(dayNumber: $0) }
        .map { CivilDate(daysSince1970: $0) }
        .filter { date in
          conditions.allows(date)
            && (isAnyDate || dates.contains(date)
              || conditions.spans.contains { $0.contains(date) })
        }
    }
    if !dates.isEmpty, dates.count <= days.count {
      return dates.filter { date in
        let day = date.daysSince1970
        return days.contains(day) && weekdays.contains(dayNumber: day)
      }
    }
    var matching: [CivilDate] = []
    for day in days where weekdays.contains(dayNumber: day) {
      let date = CivilDate(daysSince1970: day)
      if dates.isEmpty || dates.contains(date) { matching.append(date) }
    }
    return matching
  }
}

/// Days of the week as seven bits; the empty set of a rule means every day.
struct WeekdaySet {
  private var bits: UInt8 = 0

  init(_ days: Set<Weekday>) {
    for day in days {
      for (index, candidate) in Weekday.allCases.enumerated() where candidate == day {
        bits |= 1 << index
      }
    }
    if days.isEmpty { bits = 0b111_1111 }
  }

  /// 1970-01-01, day 0, was a Thursday, number 3 from Monday.
  func contains(dayNumber: Int) -> Bool {
    bits & (1 << ((dayNumber % 7 + 10) % 7)) != 0
  }
}
