internal import Time

/// The half-open interval [now, now + lead time) in which demand counts (design section 1).
///
/// Instants are whole milliseconds, so that the present instant alone, which a lead time of 0
/// means, is a window of one millisecond.
struct LeadWindow {
  let from: Instant
  let to: Instant
  /// At least 1.
  private let milliseconds: Int64

  init(from now: Instant, leadTime: Duration) {
    milliseconds = max(leadTime.milliseconds, 1)
    from = now
    to = now.advanced(byMilliseconds: milliseconds)
  }

  /// The first `now` whose window contains `instant`: a change at 09:00 comes into a window of ten
  /// minutes one millisecond after 08:50, because the end of a window is outside it.
  func entry(of instant: Instant) -> Instant {
    instant.advanced(byMilliseconds: 1 - milliseconds)
  }
}

/// The earliest instant after now at which a decision could change by itself.
struct NextChange {
  let now: Instant
  private(set) var earliest = Instant.distantFuture

  init(after now: Instant) {
    self.now = now
  }

  /// Instants that are not after now are of no consequence.
  mutating func note(_ instant: Instant) {
    if instant > now, instant < earliest { earliest = instant }
  }
}

extension Instant {
  /// Saturates, as all arithmetic on instants does.
  func advanced(byMilliseconds count: Int64) -> Instant {
    let (sum, overflow) = milliseconds.addingReportingOverflow(count)
    guard overflow else { return Instant(milliseconds: sum) }
    return count < 0 ? .distantPast : .distantFuture
  }
}

extension Policy {
  /// How far ahead of now this signal's demand counts.
  package func leadTime(of signal: Signal) -> Duration {
    signal.leadTime ?? leadTime
  }

  /// The longest of the signals' lead times: what a schedule has to be laid out for, because caps
  /// hold over the whole of it. The policy's own lead time when it has no signals.
  package var leadWindow: Duration {
    guard var longest = signals.first.map(leadTime(of:)) else { return leadTime }
    for signal in signals.dropFirst() { longest = max(longest, leadTime(of: signal)) }
    return longest
  }
}
