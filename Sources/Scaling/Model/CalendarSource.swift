/// A calendar that rules of schedules name: an iCalendar file, or the address of one.
package struct CalendarSource: Hashable, Sendable {
  package var name: ResourceName
  package var origin: Origin
  /// IANA name of the zone of times that name none; nil for what the file says, or else UTC.
  package var timeZone: String?
  /// How often it is read.
  package var refresh: Duration

  package enum Origin: Hashable, Sendable {
    /// An absolute path.
    case file(String)
    /// The address is the file's, the rest is how to get at it.
    case server(DataSource)
  }

  package enum Defaults {
    /// A mounted ConfigMap changes without an event.
    package static let fileRefresh = Duration.seconds(10)
    package static let refresh = Duration.seconds(3600)
    package static let timeout = Duration.seconds(10)
  }

  package init(
    name: ResourceName, origin: Origin, timeZone: String? = nil,
    refresh: Duration = Defaults.refresh
  ) {
    self.name = name
    self.origin = origin
    self.timeZone = timeZone
    self.refresh = refresh
  }
}

/// What is known of a calendar.
package struct CalendarContent: Hashable, Sendable {
  /// Nil while it was never read.
  package var events: Shared<CalendarEvents>?
  /// Why it could not be read the last time, one sentence; nil when it could.
  package var problem: String?
  /// What of it was passed over, one sentence each.
  package var findings: [String]

  package init(
    events: Shared<CalendarEvents>? = nil, problem: String? = nil, findings: [String] = []
  ) {
    self.events = events
    self.problem = problem
    self.findings = findings
  }
}
