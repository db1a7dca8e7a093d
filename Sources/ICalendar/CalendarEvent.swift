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
  /// Further beginnings, and what is taken away: occurrences, or whole days of them, each with the date
  /// that is written.
  let additions: [(start: CalendarStamp, length: Length)]
  let exceptions: [CalendarMoment: CivilDate]
  let rules: [CalendarRecurrence]
  let exceptionRules: [CalendarRecurrence]

  enum Length {
    /// Of whole days: one or more.
    case days(Int)
    /// Of days by the clock, and after them of seconds.
    case time(days: Int, seconds: Int)
  }

  /// For a finding: the summary, or else the UID.
  let title: String

  /// Finds the clock of a property. A time that names no zone is one of the second, or, where that is
  /// nil, of the calendar.
  typealias ClockFinder = (OpaquePointer, CalendarClock?) throws(CalendarProblem) -> CalendarClock

  /// - Throws: why it cannot be understood, the end of a sentence.
  init(_ event: OpaquePointer, clockOf: ClockFinder) throws(CalendarProblem) {
    try Self.requireReadable(event)
    uid = icalcomponent_get_uid(event).map { String(cString: $0) } ?? ""
    isCancelled = icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED
    title = Self.title(of: event)
    guard let property = event.properties(ICAL_DTSTART_PROPERTY).first,
      let start = CalendarStamp(
        icalproperty_get_dtstart(property), clock: try clockOf(property, nil))
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
      replaces = try Self.moment(
        icalproperty_get_recurrenceid(property), "RECURRENCE-ID", of: start,
        clock: try clockOf(property, start.clock)
      ).moment
    }
    self.replaces = replaces

    var additions: [(start: CalendarStamp, length: Length)] = []
    for property in event.properties(ICAL_RDATE_PROPERTY) {
      let value = icalproperty_get_rdate(property)
      let clock = try clockOf(property, start.clock)
      let isPeriod = icaltime_is_null_time(value.time) != 0
      guard let added = CalendarStamp(isPeriod ? value.period.start : value.time, clock: clock)
      else { throw CalendarProblem("its RDATE is no date and no time") }
      guard added.isDay == start.isDay else {
        throw CalendarProblem(
          "its RDATE is a \(added.isDay ? "date" : "time"), and its DTSTART a "
            + (start.isDay ? "date" : "time"))
      }
      additions.append((added, isPeriod ? Self.length(of: value.period, from: added) : length))
    }
    self.additions = additions
    var exceptions: [CalendarMoment: CivilDate] = [:]
    for property in event.properties(ICAL_EXDATE_PROPERTY) {
      let (moment, date) = try Self.moment(
        icalproperty_get_exdate(property), "EXDATE", of: start,
        clock: try clockOf(property, start.clock))
      exceptions[moment] = date
    }
    self.exceptions = exceptions
    rules = try event.properties(ICAL_RRULE_PROPERTY).map { property throws(CalendarProblem) in
      try CalendarRecurrence(icalproperty_get_rrule(property), from: start)
    }
    exceptionRules = try event.properties(ICAL_EXRULE_PROPERTY)
      .map { property throws(CalendarProblem) in
        try CalendarRecurrence(icalproperty_get_exrule(property), from: start)
      }
  }

  /// Which occurrence a property means, and the date that it says. Of an event of whole days some
  /// programs write the midnight at which it begins.
  private static func moment(
    _ time: icaltimetype, _ name: String, of start: CalendarStamp, clock: CalendarClock
  ) throws(CalendarProblem) -> (moment: CalendarMoment, date: CivilDate) {
    guard let stamp = CalendarStamp(time, clock: clock) else {
      throw CalendarProblem("its \(name) is no date and no time")
    }
    guard start.isDay, let seconds = stamp.seconds else { return (stamp.moment, stamp.date) }
    guard seconds == 0 else {
      throw CalendarProblem("its \(name) is a time, and its DTSTART a date")
    }
    return (.day(stamp.date.daysSince1970), stamp.date)
  }

  /// Says when an event is. libical drops what it cannot read, and notes that: without its `RRULE` a
  /// holiday would be one of a single year.
  private static let essential = [
    "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID",
  ]

  private static func requireReadable(_ event: OpaquePointer) throws(CalendarProblem) {
    for property in event.properties(ICAL_XLICERROR_PROPERTY) {
      guard let text = icalproperty_get_xlicerror(property) else { continue }
      let sentence = String(cString: text)
      // An empty one says nothing.
      guard !sentence.hasPrefix("No value for") else { continue }
      let words = sentence.split { !$0.isLetter && $0 != "-" }
      // Its own words come first, and then those of the file.
      let name = words.lazy.prefix(12).first { essential.contains(String($0)) }
      if let name { throw CalendarProblem("its \(name) cannot be read") }
    }
  }

  private static func title(of event: OpaquePointer) -> String {
    let text = icalcomponent_get_summary(event) ?? icalcomponent_get_uid(event)
    let words = text.map { String(cString: $0) } ?? "without a name"
    return String(
      String.UnicodeScalarView(
        words.unicodeScalars.prefix(60).map { $0.properties.isPatternWhitespace ? " " : $0 }))
  }

  // MARK: Lengths

  private static func length(
    of event: OpaquePointer, from start: CalendarStamp, clockOf: ClockFinder
  ) throws(CalendarProblem) -> Length {
    if let property = event.properties(ICAL_DTEND_PROPERTY).first,
      let end = CalendarStamp(
        icalproperty_get_dtend(property), clock: try clockOf(property, start.clock))
    {
      guard start.isDay == end.isDay else {
        throw CalendarProblem(
          "its DTSTART is a \(start.isDay ? "date" : "time"), and its DTEND a"
            + " \(end.isDay ? "date" : "time")")
      }
      guard end.moment.isNoEarlier(than: start.moment) else {
        throw CalendarProblem("it ends before it begins")
      }
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

extension CalendarMoment {
  fileprivate func isNoEarlier(than other: CalendarMoment) -> Bool {
    switch (other, self) {
    case (.day(let first), .day(let second)): first <= second
    case (.instant(let first), .instant(let second)): first <= second
    case (.day, .instant), (.instant, .day): true
    }
  }
}
