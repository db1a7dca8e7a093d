/// What the schedule asks of a time zone. `CivilTime` answers from the IANA database.
package protocol TimeZoneRules: Sendable {
  /// The local date at an instant.
  func date(at instant: Instant) -> CivilDate
  /// How far local time is ahead of UTC at an instant; below zero west of Greenwich. Whole seconds.
  func offset(at instant: Instant) -> Duration
  /// The instant or instants that a local date and time names. `24:00` is the next day's `00:00`.
  func instants(of date: CivilDate, _ time: TimeOfDay) -> LocalInstants
}

/// What a local date and time names, where clocks change.
package enum LocalInstants: Hashable, Sendable {
  case unique(Instant)
  /// Skipped by a change of the clock, which happens at `change`.
  case skipped(change: Instant)
  /// It happens twice.
  case repeated(first: Instant, second: Instant)
}

/// Finds time zones by their IANA name.
package protocol TimeZoneDatabase: Sendable {
  /// Nil for a name that the database does not have.
  func timeZone(named name: String) -> (any TimeZoneRules)?
  /// The name that was probably meant by one that the database does not have; nil for no idea.
  func suggestion(for name: String) -> String?
}

extension TimeZoneDatabase {
  package func suggestion(for name: String) -> String? { nil }
}
