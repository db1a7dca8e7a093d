package import Time

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
  /// What to say about a name that the database does not have; nil for no idea.
  func advice(for name: String) -> ZoneAdvice?
  /// The zone that Windows and Outlook call by a name of their own, such as `W. Europe Standard Time`;
  /// nil for one that is not known.
  func timeZone(ofWindows name: String) -> (any TimeZoneRules)?
  /// Whether there is no zone but UTC, so that a name that is not found may be right all the same.
  var isMissing: Bool { get }
}

extension TimeZoneDatabase {
  package func advice(for name: String) -> ZoneAdvice? { nil }
  package func timeZone(ofWindows name: String) -> (any TimeZoneRules)? { nil }
  package var isMissing: Bool { false }

  /// Why a zone cannot be looked up where `isMissing`.
  package func missing(for name: String) -> String {
    "the time zone \"\(name)\" cannot be looked up, because the time zone database is missing where"
      + " Headstart runs: install tzdata there, or name the directory that holds it with TZDIR"
  }
}

/// What was probably meant by the name of a time zone that there is not, for the end of a sentence.
package struct ZoneAdvice: Hashable, Sendable, CustomStringConvertible {
  /// `did you mean Europe/Paris?`
  package let description: String
  /// The names in it, each of which is accepted.
  package let names: [String]

  package init(_ description: String, names: [String]) {
    self.description = description
    self.names = names
  }
}
