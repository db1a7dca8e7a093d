internal import CICalendar
internal import Time

/// A rule by which an event recurs, with its own reading of `UNTIL`.
///
/// libical compares `UNTIL` with the clock on the wall, whatever zone it is in; RFC 5545 (section
/// 3.3.10) has it in UTC where the event is in a zone. So the walk is left to libical, some days
/// further than needed, and the last occurrence is found here.
struct CalendarRecurrence {
  /// What libical walks over.
  private(set) var rule: icalrecurrencetype
  /// The last moment at which an occurrence may begin; nil where libical knows it best: there is none,
  /// or both are whole days.
  private let last: CalendarMoment?

  /// More than any two clocks differ, in days.
  private static let margin: Int32 = 2

  /// - Throws: for a rule that recurs within a day: it is no calendar, and could be walked over for
  ///   ever.
  init(_ rule: icalrecurrencetype, from start: CalendarStamp) throws(CalendarProblem) {
    let isDaily = [
      ICAL_DAILY_RECURRENCE, ICAL_WEEKLY_RECURRENCE, ICAL_MONTHLY_RECURRENCE,
      ICAL_YEARLY_RECURRENCE,
    ].contains(rule.freq)
    let none = Int16(ICAL_RECURRENCE_ARRAY_MAX.rawValue)
    guard isDaily, rule.by_hour.0 == none, rule.by_minute.0 == none, rule.by_second.0 == none else {
      throw CalendarProblem(
        "it recurs within a day; expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, without BYHOUR,"
          + " BYMINUTE and BYSECOND")
    }
    self.rule = rule
    guard icaltime_is_null_time(rule.until) == 0, !start.isDay else {
      last = nil
      return
    }
    // A time without a zone is one of the event's own clock.
    let clock = icaltime_is_utc(rule.until) != 0 ? .utc : start.clock
    last = CalendarStamp(rule.until, clock: clock)?.moment
    self.rule.until.zone = nil
    icaltime_adjust(&self.rule.until, Self.margin, 0, 0, 0)
  }

  /// Whether an occurrence begins no later than the rule says.
  func allows(_ stamp: CalendarStamp) -> Bool {
    switch (last, stamp.moment) {
    case (nil, _): true
    // A date means all of that day, by the clock of the event.
    case (.day(let day)?, _): stamp.date.daysSince1970 <= day
    case (.instant(let end)?, .instant(let begin)): begin <= end
    case (.instant?, .day): true
    }
  }
}
