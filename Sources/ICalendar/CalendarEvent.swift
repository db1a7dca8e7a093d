internal import CICalendar
internal import Scaling
internal import Time

/// One VEVENT, as far as it says when something is.
struct CalendarEvent {
  let uid: String
  let start: CalendarStamp
  let length: Length
  /// Which occurrence of another event of the same `uid` it takes the place of; nil for one of its own.
  let replaces: CalendarMoment?
  let isCancelled: Bool
  /// Further beginnings, and what is taken away: occurrences, or whole days of them.
  let additions: [(start: CalendarStamp, length: Length)]
  let exceptions: Set<CalendarMoment>
  let rules: [icalrecurrencetype]
  let exceptionRules: [icalrecurrencetype]

  enum Length {
    /// Of whole days: one or more.
    case days(Int)
    /// Of days by the clock, and after them of seconds.
    case time(days: Int, seconds: Int)
  }

  /// For a finding: the summary, or else the UID.
  let title: String

  /// - Throws: why it cannot be understood, the end of a sentence.
  init(
    _ event: OpaquePointer, clockOf: (OpaquePointer) throws(CalendarProblem) -> CalendarClock
  ) throws(CalendarProblem) {
    uid = icalcomponent_get_uid(event).map { String(cString: $0) } ?? ""
    isCancelled = icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED
    title = Self.title(of: event)
    guard let property = event.properties(ICAL_DTSTART_PROPERTY).first,
      let start = CalendarStamp(icalproperty_get_dtstart(property), clock: try clockOf(property))
    else { throw CalendarProblem("it has no DTSTART that is a date or a time") }
    self.start = start
    length = try Self.length(of: event, from: start, clockOf: clockOf)

    var replaces: CalendarMoment?
    for property in event.properties(ICAL_RECURRENCEID_PROPERTY) {
      if let parameter = icalproperty_get_first_parameter(property, ICAL_RANGE_PARAMETER),
        icalparameter_get_range(parameter) == ICAL_RANGE_THISANDFUTURE
      {
        throw CalendarProblem("RECURRENCE-ID with RANGE=THISANDFUTURE is not supported")
      }
      replaces =
        CalendarStamp(icalproperty_get_recurrenceid(property), clock: try clockOf(property))?.moment
    }
    self.replaces = replaces

    var additions: [(start: CalendarStamp, length: Length)] = []
    for property in event.properties(ICAL_RDATE_PROPERTY) {
      let value = icalproperty_get_rdate(property)
      let clock = try clockOf(property)
      if icaltime_is_null_time(value.time) == 0 {
        if let start = CalendarStamp(value.time, clock: clock) { additions.append((start, length)) }
      } else if let start = CalendarStamp(value.period.start, clock: clock) {
        additions.append((start, Self.length(of: value.period, from: start)))
      }
    }
    self.additions = additions
    var exceptions: Set<CalendarMoment> = []
    for property in event.properties(ICAL_EXDATE_PROPERTY) {
      let stamp = CalendarStamp(icalproperty_get_exdate(property), clock: try clockOf(property))
      if let stamp { exceptions.insert(stamp.moment) }
    }
    self.exceptions = exceptions
    rules = try event.properties(ICAL_RRULE_PROPERTY)
      .map { property throws(CalendarProblem) in try Self.checked(icalproperty_get_rrule(property))
      }
    exceptionRules = try event.properties(ICAL_EXRULE_PROPERTY)
      .map { property throws(CalendarProblem) in try Self.checked(icalproperty_get_exrule(property))
      }
  }

  private static func title(of event: OpaquePointer) -> String {
    let text = icalcomponent_get_summary(event) ?? icalcomponent_get_uid(event)
    let words = text.map { String(cString: $0) } ?? "without a name"
    return String(
      String.UnicodeScalarView(
        words.unicodeScalars.prefix(60).map { $0.properties.isPatternWhitespace ? " " : $0 }))
  }

  /// Rules within a day are not calendars, and could be walked over for ever.
  private static func checked(
    _ rule: icalrecurrencetype
  ) throws(CalendarProblem) -> icalrecurrencetype {
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
    return rule
  }

  // MARK: Lengths

  private static func length(
    of event: OpaquePointer, from start: CalendarStamp,
    clockOf: (OpaquePointer) throws(CalendarProblem) -> CalendarClock
  ) throws(CalendarProblem) -> Length {
    if let property = event.properties(ICAL_DTEND_PROPERTY).first,
      let end = CalendarStamp(icalproperty_get_dtend(property), clock: try clockOf(property))
    {
      return length(from: start, to: end)
    }
    if let property = event.properties(ICAL_DURATION_PROPERTY).first {
      return length(icalproperty_get_duration(property), from: start)
    }
    return start.isDay ? .days(1) : .time(days: 0, seconds: 0)
  }

  private static func length(
    of period: icalperiodtype, from start: CalendarStamp
  ) -> Length {
    guard icaltime_is_null_time(period.end) == 0,
      let end = CalendarStamp(period.end, clock: start.clock)
    else { return length(period.duration, from: start) }
    return length(from: start, to: end)
  }

  private static func length(from start: CalendarStamp, to end: CalendarStamp) -> Length {
    switch (start.moment, end.moment) {
    case (.day(let first), .day(let after)): return .days(max(after - first, 1))
    case (.instant(let from), .instant(let to)):
      let milliseconds = from.duration(to: to).milliseconds
      return .time(days: 0, seconds: Int(max(milliseconds, 0) / 1000))
    case (.day, .instant): return .days(1)
    case (.instant, .day): return .time(days: 0, seconds: 0)
    }
  }

  private static func length(_ duration: icaldurationtype, from start: CalendarStamp) -> Length {
    guard duration.is_neg == 0 else { return start.isDay ? .days(1) : .time(days: 0, seconds: 0) }
    let days = Int(duration.days) + 7 * Int(duration.weeks)
    guard !start.isDay else { return .days(max(min(days, longestDays), 1)) }
    let seconds = Int(duration.hours) * 3600 + Int(duration.minutes) * 60 + Int(duration.seconds)
    return .time(days: min(days, longestDays), seconds: min(seconds, longestDays * 86_400))
  }

  /// Longer than what is laid out, and short enough that nothing overflows.
  private static let longestDays = 400 * 366
}
