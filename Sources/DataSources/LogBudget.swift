internal import Scaling
internal import Time

/// Bounds how many lines one data source may put into the log, whatever fails there.
struct LogBudget {
  private var periodStart: Instant?
  private var spent = 0

  static let linesPerPeriod = 20
  static let period = Duration.seconds(60)

  enum Verdict: Hashable {
    case log
    /// As `log`, and say that more will not be logged for a while.
    case logLast
    case skip
  }

  mutating func spend(at now: Instant) -> Verdict {
    let age = periodStart.map { $0.duration(to: now) }
    // A clock that was set back starts a new period.
    if age.map({ $0 < .zero || $0 >= Self.period }) ?? true {
      periodStart = now
      spent = 0
    }
    spent += 1
    guard spent <= Self.linesPerPeriod else { return .skip }
    return spent == Self.linesPerPeriod ? .logLast : .log
  }
}
