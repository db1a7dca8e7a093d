/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Milliseconds are finer than anything that a policy, a forecast or KEDA can say. All arithmetic
/// saturates at the ends of the range: a peer's absurd number must never trap.
package struct Instant: Hashable, Comparable, Sendable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  package static let distantPast = Instant(milliseconds: .min)
  package static let distantFuture = Instant(milliseconds: .max)

  package static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }
}

extension Instant: InstantProtocol {
  package func advanced(by duration: Duration) -> Instant {
    let (sum, overflow) = milliseconds.addingReportingOverflow(duration.milliseconds)
    guard overflow else { return Instant(milliseconds: sum) }
    return duration < .zero ? .distantPast : .distantFuture
  }

  package mutating func advance(by duration: Duration) {
    self = advanced(by: duration)
  }

  package func duration(to other: Instant) -> Duration {
    let (difference, overflow) = other.milliseconds.subtractingReportingOverflow(milliseconds)
    guard overflow else { return .milliseconds(difference) }
    return .milliseconds(other < self ? Int64.min : Int64.max)
  }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero, saturating at the ends of `Int64`.
  package var milliseconds: Int64 {
    Int64(clamping: attoseconds / 1_000_000_000_000_000)
  }
}
