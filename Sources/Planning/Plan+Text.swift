internal import Scaling
package import Time

extension Plan {
  /// The plan as a table for people, one line for each transition.
  package var table: [String] {
    table(of: transitions.map { (at: $0.at, transition: $0) })
  }

  /// The plan as a table with one line for each step of time, whether or not anything changes.
  package func table(every step: Duration) -> [String] {
    table(of: instants(every: step).map { (at: $0, transition: transition(at: $0)) })
  }

  /// The instants of the period that are multiples of a step after its beginning.
  ///
  /// - Parameter step: At least a second, and not too short for the period: see `mostRows`.
  package func instants(every step: Duration) -> [Instant] {
    var instants: [Instant] = []
    var at = from
    while at < to || instants.isEmpty {
      instants.append(at)
      at = at.advanced(by: max(step, .seconds(1)))
    }
    return instants
  }

  /// More lines than that help no one.
  package static let mostRows = 100_000

  /// What to know of the plan before its lines: what it leaves out, where clocks change.
  package var remarks: [String] {
    var remarks: [String] = []
    if !leftOut.isEmpty {
      remarks.append(
        "Left out, because nothing is known of \(leftOut.count == 1 ? "it" : "them") beforehand: "
          + leftOut.joined(separator: ", ") + ".")
    }
    return remarks + clockChanges.map { "Clock change \($0.sentence)" }
  }

  private func table(of rows: [(at: Instant, transition: Transition)]) -> [String] {
    let counts = rows.map { $0.transition.replicas.map { "\($0)" } ?? "-" }
    let width = max(counts.map(\.count).max() ?? 0, "replicas".count)
    var lines = ["\("at (UTC)".padded(to: 20))  \("replicas".padded(to: width))  why"]
    for (row, count) in zip(rows, counts) {
      let blanks = String(repeating: " ", count: width - count.count)
      lines.append("\(row.at.wholeSecondText)  \(blanks)\(count)  \(row.transition.why)")
    }
    return lines
  }
}

extension Instant {
  /// RFC 3339 without a fraction: a change of a millisecond past 08:50 is one at 08:50 to people.
  var wholeSecondText: String {
    let remainder = milliseconds % 1000
    return advanced(by: .milliseconds(remainder < 0 ? -1000 - remainder : -remainder)).rfc3339
  }
}

extension String {
  /// With blanks at the end; never cut.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 0))
  }
}
