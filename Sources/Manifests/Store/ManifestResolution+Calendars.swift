internal import Scaling

/// A calendar that a rule of a policy names.
struct CalendarReference: Hashable, Sendable {
  var name: String
  /// The policy's own.
  var namespace: String?
  var position: SourcePosition
  /// The field that names it.
  var path: String
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
        found[index, default: []] += content.sentences.map {
          Diagnostic(
            severity: .warning, file: files[index].path, position: object.position, message: $0)
        }
      }
    }
    return found.filter { !$0.value.isEmpty }
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
}

extension Policy {
  /// With what is known of the calendars that its rules name.
  func resolvingCalendars(_ events: (String) -> Shared<CalendarEvents>?) -> Policy {
    var policy = self
    for index in policy.signals.indices {
      guard case .schedule(var schedule) = policy.signals[index].kind else { continue }
      for rule in schedule.rules.indices {
        guard var conditions = schedule.rules[rule].conditions, !conditions.calendars.isEmpty
        else { continue }
        conditions.resolveCalendars(events)
        schedule.rules[rule].conditions = conditions
      }
      policy.signals[index].kind = .schedule(schedule)
    }
    return policy
  }
}
