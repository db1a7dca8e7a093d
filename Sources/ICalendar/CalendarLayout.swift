internal import CICalendar
internal import Glibc
internal import Scaling
internal import Time

/// Lays the events of calendars out over the years of `CalendarLimits`.
struct CalendarLayout {
  private let floating: CalendarClock
  private let zones: any TimeZoneDatabase
  private var days: [ClosedRange<Int>] = []
  private var spans: [CalendarEvents.Span] = []
  private var eventCount = 0
  private var findings: [String] = []
  private var walked = 0
  private let started = Glibc.clock()
  /// Where the events that come begin in the file.
  private var eventLines: ArraySlice<Int>

  /// - Parameters:
  ///   - floating: The zone of times that name none.
  ///   - eventLines: Where the events of all calendars begin in the file, in order.
  init(floating: any TimeZoneRules, zones: any TimeZoneDatabase, eventLines: [Int]) {
    self.floating = .known(floating)
    self.zones = zones
    self.eventLines = eventLines[...]
  }

  /// Times without a zone are taken as UTC, because the file names an unknown zone.
  mutating func noteUnknownZone(_ name: String) {
    guard !zones.isMissing else {
      findings.append(
        "times without a zone count as UTC: \(zones.missing(for: Self.shown(name)))")
      return
    }
    findings.append(
      "X-WR-TIMEZONE is \"\(Self.shown(name))\", which is no IANA time zone, so that times without a "
        + "zone count as UTC; write timeZone: \(suggestion(for: name)) in the Calendar")
  }

  /// An IANA name that may be meant, or an example.
  private func suggestion(for name: String) -> String {
    zones.advice(for: name)?.names.first ?? "Europe/Berlin"
  }

  var reading: CalendarReading {
    CalendarReading(
      events: CalendarEvents(days: days, spans: spans), eventCount: eventCount, findings: findings)
  }

  mutating func lay(out calendar: OpaquePointer) throws(CalendarProblem) {
    var events: [(event: CalendarEvent, line: Int?)] = []
    for component in calendar.components(ICAL_VEVENT_COMPONENT) {
      let line = eventLines.popFirst()
      do throws(CalendarProblem) {
        let event = try CalendarEvent(component) { property, other throws(CalendarProblem) in
          try self.clock(of: property, in: calendar, or: other)
        }
        events.append((event, line))
      } catch {
        let title = icalcomponent_get_summary(component) ?? icalcomponent_get_uid(component)
        note(title.map { String(cString: $0) } ?? "", at: line, "is left out: \(error)")
      }
    }
    var replaced: [String: Set<CalendarMoment>] = [:]
    for (event, _) in events {
      if let moment = event.replaces { replaced[event.uid, default: []].insert(moment) }
    }
    /// By the `UID` of those that are walked.
    var unmet: [String: Set<CalendarMoment>] = [:]
    for (event, line) in events where !event.isCancelled {
      eventCount += 1
      if event.replaces != nil {
        add(event.start, event.length)
      } else {
        let others = replaced[event.uid] ?? []
        let missed = try walk(event, without: others.union(event.exceptions.keys))
        unmet[event.uid] = (unmet[event.uid] ?? others).intersection(missed)
        noteExceptions(of: event, unmet: missed, at: line)
      }
      guard spans.count + days.count <= CalendarLimits.occurrences else { throw Self.tooMany }
    }
    for (event, line) in events {
      guard let moment = event.replaces, Self.isLaidOut(moment),
        unmet[event.uid]?.contains(moment) == true
      else { continue }
      note(
        event.title, at: line,
        "takes the place of nothing: no occurrence begins at its RECURRENCE-ID, \(moment)")
    }
  }

  private mutating func note(_ title: String, at line: Int?, _ problem: String) {
    guard findings.count < CalendarReading.mostFindings else { return }
    let name = Self.shown(title)
    let place = line.map { "line \($0): " } ?? ""
    findings.append("\(place)the event \"\(name)\" \(problem)")
  }

  /// A text of the file as a finding repeats it: short, and without control characters.
  private static func shown(_ text: String) -> String {
    let visible = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
    return String(String.UnicodeScalarView(visible.prefix(60)))
  }

  /// An exception that meets nothing was meant to meet something.
  private mutating func noteExceptions(
    of event: CalendarEvent, unmet: Set<CalendarMoment>, at line: Int?
  ) {
    let missed = event.exceptions
      .filter { unmet.contains($0.key) && Self.isLaidOut($0.key) }
      .sorted { ($0.value, "\($0.key)") < ($1.value, "\($1.key)") }
    guard let (moment, date) = missed.first else { return }
    let others = missed.count > 1 ? " (and \(missed.count - 1) more)" : ""
    let advice =
      switch moment {
      case .day: "no occurrence begins on that day"
      case .instant:
        "no occurrence begins then; write the time and the zone of its DTSTART, or"
          + " EXDATE;VALUE=DATE:\(date.description.filter { $0 != "-" }) for what begins on that day"
      }
    note(
      event.title, at: line,
      "is not taken away by its EXDATE \(moment)\(others): \(advice)")
  }

  private static func isLaidOut(_ moment: CalendarMoment) -> Bool {
    switch moment {
    case .day(let day): (firstDay...lastDay).contains(day)
    case .instant(let instant):
      (firstDay...lastDay).contains(Int(instant.milliseconds / 86_400_000))
    }
  }

  // MARK: Occurrences

  /// - Returns: the exceptions that no occurrence met.
  private mutating func walk(
    _ event: CalendarEvent, without exceptions: Set<CalendarMoment>
  ) throws(CalendarProblem) -> Set<CalendarMoment> {
    var unmet = exceptions
    var seen = exceptions
    for rule in event.exceptionRules {
      for stamp in try occurrences(of: rule, from: event.start) { seen.insert(stamp.moment) }
    }
    let excepted = seen
    func take(_ start: CalendarStamp, _ length: CalendarEvent.Length) {
      // An exception of a whole day takes what begins on it away, too.
      let day = CalendarMoment.day(start.date.daysSince1970)
      if !unmet.isEmpty { unmet.subtract([day, start.moment]) }
      guard !excepted.contains(day), seen.insert(start.moment).inserted else { return }
      add(start, length)
    }
    take(event.start, event.length)
    for rule in event.rules {
      for start in try occurrences(of: rule, from: event.start) { take(start, event.length) }
    }
    for addition in event.additions { take(addition.start, addition.length) }
    return unmet
  }

  /// Those from the first year on that is laid out, by the clock of the first one.
  private mutating func occurrences(
    of recurrence: CalendarRecurrence, from start: CalendarStamp
  ) throws(CalendarProblem) -> [CalendarStamp] {
    guard let iterator = icalrecur_iterator_new(recurrence.rule, start.local) else { return [] }
    defer { icalrecur_iterator_free(iterator) }
    var found: [CalendarStamp] = []
    while true {
      let next = icalrecur_iterator_next(iterator)
      guard icaltime_is_null_time(next) == 0, Int(next.year) <= CalendarLimits.years.upperBound
      else { break }
      walked += 1
      guard walked <= CalendarLimits.occurrences else { throw Self.tooMany }
      // A long event may begin before the years that are laid out.
      if Int(next.year) >= CalendarLimits.years.lowerBound - 1,
        let stamp = CalendarStamp(next, clock: start.clock), recurrence.allows(stamp)
      {
        found.append(stamp)
      }
    }
    guard Double(Glibc.clock() - started) / Double(CLOCKS_PER_SEC) < CalendarLimits.seconds else {
      throw CalendarProblem("its recurring events take too long to work out")
    }
    return found
  }

  private static let tooMany = CalendarProblem(
    "expected at most \(CalendarLimits.occurrences) occurrences up to the year"
      + " \(CalendarLimits.years.upperBound), found more")

  private mutating func add(_ start: CalendarStamp, _ length: CalendarEvent.Length) {
    switch (start.moment, length) {
    case (.day(let first), .days(let count)):
      let from = max(first, Self.firstDay)
      let last = min(first + count - 1, Self.lastDay)
      if from <= last { days.append(from...last) }
    case (.instant(let from), .time(let count, let seconds)):
      var to = from
      if count > 0, case .instant(let later)? = start.advanced(byDays: count)?.moment { to = later }
      to = to.advanced(by: .seconds(seconds))
      if let span = CalendarEvents.Span(from: from, to: to) { spans.append(span) }
    case (.day, .time), (.instant, .days): break
    }
  }

  private static let firstDay =
    CivilDate(
      year: CalendarLimits.years.lowerBound, month: 1, day: 1)?.daysSince1970 ?? 0
  private static let lastDay =
    CivilDate(
      year: CalendarLimits.years.upperBound, month: 12, day: 31)?.daysSince1970 ?? 0

  // MARK: Zones

  /// - Parameter other: of a time that names no zone; nil for that of the calendar.
  private func clock(
    of property: OpaquePointer, in calendar: OpaquePointer, or other: CalendarClock?
  ) throws(CalendarProblem) -> CalendarClock {
    guard let parameter = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER),
      let text = icalparameter_get_tzid(parameter)
    else { return property.isUTC ? .utc : other ?? floating }
    let name = String(cString: text)
    if let rules = rules(named: name) { return .known(rules) }
    if let zone = icalcomponent_get_timezone(calendar, text) { return .own(zone) }
    // Outlook names zones as Windows does, and does not always define them.
    if let rules = zones.timeZone(ofWindows: name) { return .known(rules) }
    guard !zones.isMissing else {
      throw CalendarProblem(zones.missing(for: Self.shown(name)))
    }
    throw CalendarProblem(
      "the time zone \"\(Self.shown(name))\" is neither an IANA zone nor defined in the file; "
        + "write TZID=\(suggestion(for: name)), or the zone's VTIMEZONE"
    )
  }

  /// By its IANA name, which some programs put a path of their own in front of.
  private func rules(named name: String) -> (any TimeZoneRules)? {
    if let rules = zones.timeZone(named: name) { return rules }
    let parts = name.split(separator: "/")
    guard name.hasPrefix("/"), parts.count > 2 else { return nil }
    return [3, 2].lazy.compactMap { count in
      zones.timeZone(named: parts.suffix(count).joined(separator: "/"))
    }.first
  }
}

extension OpaquePointer {
  /// Whether the time of a property ends in `Z`.
  fileprivate var isUTC: Bool {
    guard let text = icalproperty_get_value_as_string(self) else { return false }
    return String(cString: text).hasSuffix("Z")
  }
}
