internal import CICalendar
internal import Scaling
internal import Time

/// Which clock a time of an event is shown by.
enum CalendarClock {
  case known(any TimeZoneRules)
  /// One that the file defines itself; the calendar that owns it outlives this.
  case own(OpaquePointer)

  static var utc: CalendarClock { .known(NamedTimeZone.utc.rules) }
}

/// When an event begins or ends, or which of its occurrences is meant.
enum CalendarMoment: Hashable, CustomStringConvertible {
  /// A whole day, since 1970.
  case day(Int)
  case instant(Instant)

  /// `2027-03-01`, or in UTC `2027-03-01T09:00:00Z`.
  var description: String {
    switch self {
    case .day(let day): CivilDate(daysSince1970: day).description
    case .instant(let instant): instant.rfc3339
    }
  }
}

/// A time as it stands in the file.
struct CalendarStamp {
  let date: CivilDate
  /// Nil for a whole day.
  let seconds: Int?
  let clock: CalendarClock
  /// For a clock of the file.
  private let time: icaltimetype

  /// Nil for a time that is none.
  init?(_ time: icaltimetype, clock: CalendarClock) {
    guard
      let date = CivilDate(year: Int(time.year), month: Int(time.month), day: Int(time.day)),
      (0...23).contains(time.hour), (0...59).contains(time.minute), (0...60).contains(time.second)
    else { return nil }
    self.date = date
    self.time = time
    // A leap second is the last second before it.
    seconds =
      time.is_date != 0
      ? nil : Int(time.hour) * 3600 + Int(time.minute) * 60 + min(Int(time.second), 59)
    self.clock = clock
  }

  var isDay: Bool { seconds == nil }

  /// As libical counts occurrences: by the clock on the wall.
  var local: icaltimetype {
    var local = time
    local.zone = nil
    return local
  }

  /// The same time of the day some days later.
  func advanced(byDays days: Int) -> CalendarStamp? {
    var time = time
    let moved = date.advanced(byDays: days)
    time.year = Int32(moved.year)
    time.month = Int32(moved.month)
    time.day = Int32(moved.day)
    return CalendarStamp(time, clock: clock)
  }

  /// A time in the hour that a clock skips is the instant of the change, and of one in an hour that
  /// occurs twice the first counts.
  var moment: CalendarMoment {
    guard let seconds else { return .day(date.daysSince1970) }
    switch clock {
    case .known(let rules):
      let time = TimeOfDay(minutes: seconds / 60) ?? .startOfDay
      switch rules.instants(of: date, time) {
      case .skipped(change: let change): return .instant(change)
      case .unique(let instant), .repeated(first: let instant, _):
        return .instant(instant.advanced(by: .seconds(seconds % 60)))
      }
    case .own(let zone):
      return .instant(
        Instant(milliseconds: Int64(icaltime_as_timet_with_zone(local, zone)) * 1000))
    }
  }
}
