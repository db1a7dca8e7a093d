/// A recurring instant in the five fields of cron: minute, hour, day of the month, month, day of the
/// week; in UTC.
///
/// Each field is `*`, or a list of numbers, names, ranges and steps. Where both day fields are
/// restricted, a day matches when either does; where one of them is `*`, the other alone counts.
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
    let millennium = Instant(milliseconds: 946_684_800_000)
    guard firstStart(after: millennium) != nil else {
      throw InvalidCronSchedule("\"\(text)\" names a day of the month that none of its months has")
    }
  }

  /// The latest start at an instant or before it.
  package func lastStart(notAfter instant: Instant) -> Instant? {
    let minute = Self.wholeMinutes(instant)
    let (day, minuteOfDay) = Self.split(minute)
    if matches(day), let time = lastTime(notAfter: minuteOfDay) {
      return Self.instant(day: day, minute: time)
    }
    guard let day = lastDay(before: day), let time = lastTime(notAfter: 1439) else { return nil }
    return Self.instant(day: day, minute: time)
  }

  /// The earliest start after an instant.
  package func firstStart(after instant: Instant) -> Instant? {
    let minute = Self.wholeMinutes(instant) + 1
    let (day, minuteOfDay) = Self.split(minute)
    if matches(day), let time = firstTime(notBefore: minuteOfDay) {
      return Self.instant(day: day, minute: time)
    }
    guard let day = firstDay(after: day), let time = firstTime(notBefore: 0) else { return nil }
    return Self.instant(day: day, minute: time)
  }

  // MARK: Times of the day

  private func lastTime(notAfter minute: Int) -> Int? {
    let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
    if hours.contains(hour), let last = minutes.highest(upTo: rest) { return hour * 60 + last }
    guard hour > 0, let earlier = hours.highest(upTo: hour - 1),
      let last = minutes.highest(upTo: 59)
    else { return nil }
    return earlier * 60 + last
  }

  private func firstTime(notBefore minute: Int) -> Int? {
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

  private func matches(_ day: Int) -> Bool {
    let date = CivilDate(daysSince1970: day)
    return days(of: Month(date)).contains(date.day)
  }

  private func lastDay(before day: Int) -> Int? {
    var date = CivilDate(daysSince1970: day)
    var upTo = date.day - 1
    for _ in 0...Self.longestGap {
      let month = Month(date)
      if let found = days(of: month).highest(upTo: upTo) { return month.first + found - 1 }
      date = CivilDate(daysSince1970: month.first - 1)
      upTo = date.day
    }
    return nil
  }

  private func firstDay(after day: Int) -> Int? {
    var date = CivilDate(daysSince1970: day + 1)
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

  // MARK: Instants

  /// No further than dates are counted, so that nothing overflows.
  private static func wholeMinutes(_ instant: Instant) -> Int {
    let minutes = instant.milliseconds / 60_000
    let floor = instant.milliseconds % 60_000 < 0 ? minutes - 1 : minutes
    return Int(min(max(floor, -1_000_000_000), 4_200_000_000))
  }

  private static func split(_ minute: Int) -> (day: Int, minuteOfDay: Int) {
    let (day, rest) = minute.quotientAndRemainder(dividingBy: 1440)
    return rest < 0 ? (day - 1, rest + 1440) : (day, rest)
  }

  private static func instant(day: Int, minute: Int) -> Instant {
    Instant(milliseconds: (Int64(day) * 1440 + Int64(minute)) * 60_000)
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
