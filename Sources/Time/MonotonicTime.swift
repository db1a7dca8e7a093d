/// An instant of a clock that never goes back, for deadlines and durations: nanoseconds from an
/// arbitrary start.
///
/// Arithmetic saturates, so that a timeout of ten thousand years is an instant that never comes
/// rather than an overflow.
package struct MonotonicTime: Sendable, Equatable, Comparable {
  package let nanoseconds: UInt64

  /// Where the clock began.
  package static let start = MonotonicTime(nanoseconds: 0)

  package init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The instant `duration` later; a negative duration counts as none.
  package func advanced(by duration: Duration) -> MonotonicTime {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return self }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return MonotonicTime(nanoseconds: .max) }
    let (span, spanOverflow) = whole.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
    return spanOverflow ? MonotonicTime(nanoseconds: .max) : advanced(byNanoseconds: span)
  }

  /// The instant so many nanoseconds later.
  package func advanced(byNanoseconds span: UInt64) -> MonotonicTime {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(span)
    return MonotonicTime(nanoseconds: overflow ? .max : sum)
  }

  /// The time from here to `later`; zero when that lies before.
  package func duration(to later: MonotonicTime) -> Duration {
    .nanoseconds(Int64(clamping: nanoseconds(to: later)))
  }

  /// The time from here to `later` in nanoseconds; zero when that lies before.
  package func nanoseconds(to later: MonotonicTime) -> UInt64 {
    later > self ? later.nanoseconds - nanoseconds : 0
  }
}
