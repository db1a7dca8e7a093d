package import Time

/// A recurring instant in the five fields of cron: minute, hour, day of the month, month, day of the
/// week; or a word such as `@daily`.
///
/// Each field is `*`, or a list of numbers, names, ranges and steps. Where both day fields are
/// restricted, a day matches when either does; where one of them is `*`, the other alone counts.
///
/// It starts at each minute at which the local clock shows a time that matches: never inside an hour
/// that the clock skips, and twice in one that it repeats.
package struct CronSchedule: Hashable, Sendable {
  /// Bit n stands for minute n, hour n, day n of the month, month n; of the weekdays bit 0 is
  /// Monday.
  private let minutes: UInt64
  private let hours: UInt64
  private let monthDays: UInt64
  private let months: UInt64
  private let weekdays: UInt64
  private let eitherDay: Bool

  /// - Throws: `InvalidCronSchedule` that names the field and what was found there, also for a
  ///   schedule that no date ever meets, such as the 31st of February.
  package init(text: String) throws(InvalidCronSchedule) {
    let fields = try CronFields(text: text)
    minutes = fields.minutes
    hours = fields.hours
    monthDays = fields.monthDays
    months = fields.months
    weekdays = fields.weekdays
    eitherDay = fields.eitherDay
    guard firstDay(notBefore: 10_957) != nil else {
      throw InvalidCronSchedule("\"\(text)\" names a day of the month that none of its months has")
    }
  }

  /// How many times of a day match, were its clock not changed.
  var timesPerDay: Int { minutes.nonzeroBitCount * hours.nonzeroBitCount }

  /// The latest start at an instant or before it; nil for none.
  package func lastStart(notAfter instant: Instant, in zone: any TimeZoneRules) -> Instant? {
    // A clock that is put back over midnight shows the day before again.
    let today = Self.day(of: instant, in: zone)
    var latest: (start: Instant, day: Int)?
    var upTo = today + 1
    for _ in 0..<Self.longestSearch {
      guard let day = lastDay(notAfter: upTo), latest.map({ day >= $0.day - 1 }) ?? true else {
        break
      }
      let start = LocalDay(day, in: zone).last(of: self, notAfter: instant)
      if let start, latest.map({ start > $0.start }) ?? true { latest = (start, day) }
      upTo = day - 1
    }
    return latest?.start
  }

  /// The earliest start after an instant; nil for none.
  package func firstStart(after instant: Instant, in zone: any TimeZoneRules) -> Instant? {
    first(after: instant, in: zone)?.start
  }

  /// The same, and the day that it belongs to.
  func first(
    after instant: Instant, in zone: any TimeZoneRules
  ) -> (start: Instant, day: LocalDay)? {
    let today = Self.day(of: instant, in: zone)
    var earliest: (start: Instant, day: LocalDay)?
    var from = today - 1
    for _ in 0..<Self.longestSearch {
      guard let number = firstDay(notBefore: from),
        earliest.map({ number <= $0.day.number + 1 }) ?? true
      else { break }
      let day = LocalDay(number, in: zone)
      let start = day.first(of: self, after: instant)
      if let start, earliest.map({ start < $0.start }) ?? true { earliest = (start, day) }
      from = number + 1
    }
    return earliest
  }

  /// The day before, the day itself, and those whose only times a clock skips: more of them in a row
  /// no zone has.
  private static let longestSearch = 8

  /// No further than dates are counted, so that nothing overflows.
  private static func day(of instant: Instant, in zone: any TimeZoneRules) -> Int {
    let milliseconds = min(max(instant.milliseconds, -60_000_000_000_000), 252_000_000_000_000)
    return zone.date(at: Instant(milliseconds: milliseconds)).daysSince1970
  }

  // MARK: Times of the day

  func lastTime(notAfter minute: Int) -> Int? {
    let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
    if hours.contains(hour), let last = minutes.highest(upTo: rest) { return hour * 60 + last }
    guard hour > 0, let earlier = hours.highest(upTo: hour - 1),
      let last = minutes.highest(upTo: 59)
    else { return nil }
    return earlier * 60 + last
  }

  func firstTime(notBefore minute: Int) -> Int? {
    let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
    if hours.contains(hour), let first = minutes.lowest(from: rest) { return hour * 60 + first }
    guard let later = hours.lowest(from: hour + 1), let first = minutes.lowest(from: 0) else {
      return nil
    }
    return later * 60 + first
  }

  // MARK: Days

  /// A leap day comes back after eight years at the latest, when a century is none.
  private static let longestGap = 12 * 8 + 1

  func matches(_ day: Int) -> Bool {
    let date = CivilDate(daysSince1970: day)
    return days(of: Month(date)).contains(date.day)
  }

  private func lastDay(notAfter day: Int) -> Int? {
    var date = CivilDate(daysSince1970: day)
    for _ in 0...Self.longestGap {
      let month = Month(date)
      if let found = days(of: month).highest(upTo: date.day) { return month.first + found - 1 }
      date = CivilDate(daysSince1970: month.first - 1)
    }
    return nil
  }

  private func firstDay(notBefore day: Int) -> Int? {
    var date = CivilDate(daysSince1970: day)
    for _ in 0...Self.longestGap {
      let month = Month(date)
      if let found = days(of: month).lowest(from: date.day) { return month.first + found - 1 }
      date = CivilDate(daysSince1970: month.first + month.length)
    }
    return nil
  }

  /// The matching days of a month, bit n for day n.
  private func days(of month: Month) -> UInt64 {
    guard months.contains(month.number) else { return 0 }
    let all: UInt64 = (2 << UInt64(month.length)) - 2
    var byWeekday: UInt64 = 0
    for day in 1...month.length where weekdays.contains((month.firstWeekday + day - 1) % 7) {
      byWeekday |= 1 << UInt64(day)
    }
    return all & (eitherDay ? monthDays | byWeekday : monthDays & byWeekday)
  }

  private struct Month {
    let number: Int
    let length: Int
    /// Days since 1970 of the first of it.
    let first: Int
    /// 0 for Monday.
    let firstWeekday: Int

    init(_ date: CivilDate) {
      number = date.month
      length = CivilDate.length(ofMonth: date.month, year: date.year)
      first = date.daysSince1970 - date.day + 1
      // 1970-01-01 was a Thursday, number 3 from Monday.
      firstWeekday = ((first + 3) % 7 + 7) % 7
    }
  }
}

extension UInt64 {
  fileprivate func contains(_ bit: Int) -> Bool {
    self & (1 << UInt64(bit)) != 0
  }

  /// The highest bit at or below one; nil for none.
  fileprivate func highest(upTo bit: Int) -> Int? {
    guard bit >= 0 else { return nil }
    let masked = bit >= 63 ? self : self & ((1 << UInt64(bit + 1)) - 1)
    return masked == 0 ? nil : 63 - masked.leadingZeroBitCount
  }

  /// The lowest bit at or above one; nil for none.
  fileprivate func lowest(from bit: Int) -> Int? {
    guard bit < 64 else { return nil }
    let masked = self & (UInt64.max << UInt64(bit))
    return masked == 0 ? nil : masked.trailingZeroBitCount
  }
}
