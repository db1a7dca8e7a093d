package import Scaling

/// What an iCalendar file says.
package struct CalendarReading: Hashable, Sendable {
  package var events: CalendarEvents
  /// Events of the file that were understood; one that recurs counts once.
  package var eventCount: Int
  /// What was passed over and why, one sentence each; at most `mostFindings`.
  package var findings: [String]

  package static let mostFindings = 10
}

/// Why a file cannot be used at all, one sentence. What was read before stays in force.
package struct CalendarProblem: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// What one file may cost: far more than any calendar of holidays or launches needs.
enum CalendarLimits {
  /// In bytes.
  static let size = 4 << 20
  static let events = 10_000
  static let zones = 200
  /// Of one time zone.
  static let observances = 400
  /// Of one unfolded line that matters, in bytes.
  static let line = 64 << 10
  /// That are walked over, in all events together.
  static let occurrences = 200_000
  /// Of the processor, in seconds: a rule that never matches takes libical some milliseconds.
  static let seconds = 5.0
  /// What is laid out. A schedule beyond it has no events.
  static let years = 2000...2100
}
