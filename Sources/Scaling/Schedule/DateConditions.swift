package import Time

/// When a rule applies besides its days and dates: months, spans of dates, a calendar, and what is
/// excepted.
package struct DateConditions: Hashable, Sendable {
  /// Months on which a window may start, 1 to 12; empty for any.
  package var months: Set<Int> = []
  /// Spans of dates on one of which, or on one of the rule's `dates`, a window starts; empty for any.
  package var spans: [DateSpan] = []
  /// A window starts on a whole day of this calendar, or is cut to its events with times; nil for none.
  package var calendar: CalendarUse?
  /// Nothing starts on these.
  package var except = DateExceptions()
  /// The rule begins at this instant at the earliest, and ends at this one; nil for no bound.
  package var from: Instant?
  package var to: Instant?

  package init() {}

  /// Whether a window may start on a day, as far as months and exceptions say.
  func allows(_ date: CivilDate) -> Bool {
    (months.isEmpty || months.contains(date.month)) && !except.contains(date)
  }

  /// The parts of a window that starts on a date: between `from` and `to`, in the calendar, and in no
  /// excepted one.
  func parts(
    of window: (opens: Instant, closes: Instant), on date: CivilDate
  ) -> [(opens: Instant, closes: Instant)] {
    let opens = max(window.opens, from ?? window.opens)
    let closes = min(window.closes, to ?? window.closes)
    guard opens < closes else { return [] }
    var parts = [(opens: opens, closes: closes)]
    if let calendar {
      guard let events = calendar.events?.value else { return [] }
      if !events.contains(date) { parts = events.within((opens, closes)) }
    }
    for excepted in except.calendars {
      guard let events = excepted.events?.value else { continue }
      parts = parts.flatMap { events.outside($0) }
    }
    return parts
  }

  /// Whether it may leave parts of a window.
  var cutsWindows: Bool { from != nil || to != nil || !calendars.isEmpty }

  /// The calendars that it names, to be looked up.
  package var calendars: [CalendarUse] {
    (calendar.map { [$0] } ?? []) + except.calendars
  }

  package mutating func resolveCalendars(_ events: (String) -> Shared<CalendarEvents>?) {
    if let name = calendar?.name { calendar?.events = events(name) }
    for index in except.calendars.indices {
      except.calendars[index].events = events(except.calendars[index].name)
    }
  }
}

/// Days on which a rule does not begin.
package struct DateExceptions: Hashable, Sendable {
  package var days: Set<Weekday> = []
  package var months: Set<Int> = []
  package var dates: Set<CivilDate> = []
  package var spans: [DateSpan] = []
  /// Nor on their whole days; their events with times are cut out of every window.
  package var calendars: [CalendarUse] = []

  package init() {}

  package func contains(_ date: CivilDate) -> Bool {
    days.contains(date.weekday) || months.contains(date.month) || dates.contains(date)
      || spans.contains { $0.contains(date) }
      || calendars.contains { $0.events?.value.contains(date) ?? false }
  }
}

/// Dates one after the other, both ends included.
package enum DateSpan: Hashable, Sendable {
  case once(CivilDate, CivilDate)
  /// Every year, by month and day; over New Year where the end comes first.
  case yearly(MonthDay, MonthDay)

  package struct MonthDay: Hashable, Comparable, Sendable {
    package let month: Int
    package let day: Int

    /// Nil for a day that no year has.
    package init?(month: Int, day: Int) {
      // A leap year has them all.
      guard CivilDate(year: 2028, month: month, day: day) != nil else { return nil }
      self.month = month
      self.day = day
    }

    package static func < (left: MonthDay, right: MonthDay) -> Bool {
      (left.month, left.day) < (right.month, right.day)
    }
  }

  func contains(_ date: CivilDate) -> Bool {
    switch self {
    case .once(let first, let last):
      return first <= date && date <= last
    case .yearly(let first, let last):
      let day = (date.month, date.day)
      let isAfter = (first.month, first.day) <= day
      let isBefore = day <= (last.month, last.day)
      return first <= last ? isAfter && isBefore : isAfter || isBefore
    }
  }
}
