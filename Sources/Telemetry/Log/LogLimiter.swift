/// Thins out one repeated log record: the first occurrence is logged, then at most one per
/// interval, which tells how many were left out.
///
/// Keep one per thing that can repeat, such as a failing data source. Pure: the caller passes the
/// time, of whatever clock it keeps.
package struct LogLimiter<Time: InstantProtocol & Sendable>: Sendable
where Time.Duration == Duration {
  private let interval: Duration
  private var lastLogged: Time?
  private var suppressed = 0

  package init(interval: Duration) {
    self.interval = interval
  }

  package enum OnOccurrence: Hashable, Sendable {
    /// Log it, and say how many were left out since the last time.
    case log(suppressed: Int)
    case skip
  }

  /// The thing happened again. A clock that was set back does not silence it.
  package mutating func occurred(at now: Time) -> OnOccurrence {
    if let lastLogged {
      let elapsed = lastLogged.duration(to: now)
      if elapsed >= .zero && elapsed < interval {
        suppressed += 1
        return .skip
      }
    }
    defer { suppressed = 0 }
    lastLogged = now
    return .log(suppressed: suppressed)
  }

  /// The trouble is over: the next occurrence is logged at once, as a first one.
  package mutating func recovered() {
    lastLogged = nil
    suppressed = 0
  }
}
