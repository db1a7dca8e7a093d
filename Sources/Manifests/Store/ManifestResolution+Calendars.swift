internal import Scaling
internal import Time

/// A calendar that a rule of a policy names.
struct CalendarReference: Hashable, Sendable {
  var name: String
  /// The policy's own.
  var namespace: String?
  var position: SourcePosition
  /// The field that names it.
  var path: String
}

/// A schedule whose rules name calendars, as it is written: what contradicts in it shows only once those
/// have been read.
struct CalendarSchedule: Hashable, Sendable {
  /// Without the events.
  var schedule: Schedule
  /// The field that holds it.
  var path: String
  /// Where each rule stands.
  var rules: [SourcePosition]
}

extension Catalog {
  /// The calendar that a policy means by a name: of its own namespace, or else without one.
  func calendar(named name: String, in namespace: String?) -> CalendarSource? {
    if let namespace,
      let own = calendars[ResourceName(namespace: namespace, name: name)]
    {
      return own
    }
    return calendars[ResourceName(name: name)]
  }
}

extension ManifestResolution {
  func describe(_ reference: CalendarReference) -> String {
    let problem = "\(reference.path): there is no Calendar \(reference.name)"
    let names = catalog.calendars.keys.filter {
      $0.namespace == nil || $0.namespace == reference.namespace
    }.map(\.name).sorted()
    if let nearest = Suggestion.nearest(to: reference.name, among: names) {
      return "\(problem); did you mean \(nearest)?"
    }
    if let other = catalog.calendars.keys.filter({ $0.name == reference.name }).min(),
      let namespace = other.namespace
    {
      return "\(problem) in its namespace or without one; there is one in \(namespace)"
    }
    return names.isEmpty
      ? "\(problem), nor any other; define it with kind: Calendar"
      : "\(problem); known are \(names.joined(separator: ", "))"
  }

  /// What reading the calendars has found, each at its object.
  func calendarFindings() -> [Int: [Diagnostic]] {
    var found: [Int: [Diagnostic]] = [:]
    for index in files.indices where isAccepted(file: index) {
      for object in files[index].current.objects {
        guard case .calendar(let source) = object.content, let content = contents[source.name]
        else { continue }
        let sentences = content.sentences + (audit.flatMap { content.isOver(by: $0.now) } ?? [])
        found[index, default: []] += sentences.map {
          Diagnostic(
            severity: .warning, file: files[index].path, position: object.position, message: $0)
        }
      }
    }
    return found.filter { !$0.value.isEmpty }
  }

  /// What rules contradict, or shadow, with what their calendars say, and not without it.
  func calendarContradictions() -> [Int: [Diagnostic]] {
    guard let audit else { return [:] }
    var found: [Int: [Diagnostic]] = [:]
    for index in files.indices where isAccepted(file: index) {
      for object in files[index].current.objects {
        guard case .policy(let policy) = object.content else { continue }
        for written in object.calendarSchedules {
          var schedule = written.schedule
          schedule.resolveCalendars(events(in: policy.value.name.namespace))
          guard schedule != written.schedule else { continue }
          let known = Set(audit.audits.findings(of: written.schedule).map(\.subject))
          let sentences = ScheduleSentences(schedule: schedule)
          for finding in audit.audits.findings(of: schedule) where !known.contains(finding.subject)
          {
            let (rule, sentence) = sentences.describe(finding)
            guard written.rules.indices.contains(rule) else { continue }
            found[index, default: []].append(
              Diagnostic(
                severity: .warning, file: files[index].path, position: written.rules[rule],
                message: "\(written.path).rules[\(rule)]: \(sentence)"))
          }
        }
      }
    }
    return found
  }

  /// What is known of the calendars that a policy of a namespace means by their names.
  func events(in namespace: String?) -> (String) -> Shared<CalendarEvents>? {
    { name in
      let own = namespace.flatMap { contents[ResourceName(namespace: $0, name: name)] }
      return (own ?? contents[ResourceName(name: name)])?.events
    }
  }
}

extension CalendarContent {
  /// What is wrong with it, for people.
  fileprivate var sentences: [String] {
    let state =
      switch (events, problem) {
      case (_, nil): [String]()
      case (nil, let problem?):
        ["the calendar was never read, so that no rule and no exception applies by it: \(problem)"]
      case (.some, let problem?): ["what was last read of the calendar stays in force: \(problem)"]
      }
    return state + findings
  }

  /// A sentence about one of which nothing is to come; nil for any other, and for one that was never
  /// read or of which other findings say why it has no events.
  fileprivate func isOver(by now: Instant) -> [String]? {
    guard let events, problem == nil else { return nil }
    guard let end = events.value.last else {
      return findings.isEmpty ? ["the calendar has no events, so that nothing applies by it"] : nil
    }
    guard end < now else { return nil }
    let date = end.advanced(by: .milliseconds(-1)).rfc3339.prefix(10)
    return ["nothing in the calendar is to come: its last event was on \(date)"]
  }
}

extension Policy {
  /// With what is known of the calendars that its rules name.
  func resolvingCalendars(_ events: (String) -> Shared<CalendarEvents>?) -> Policy {
    var policy = self
    for index in policy.signals.indices {
      guard case .schedule(var schedule) = policy.signals[index].kind else { continue }
      schedule.resolveCalendars(events)
      policy.signals[index].kind = .schedule(schedule)
    }
    return policy
  }
}

extension Schedule {
  fileprivate mutating func resolveCalendars(_ events: (String) -> Shared<CalendarEvents>?) {
    for rule in rules.indices {
      guard var conditions = rules[rule].conditions, !conditions.calendars.isEmpty
      else { continue }
      conditions.resolveCalendars(events)
      rules[rule].conditions = conditions
    }
  }
}
