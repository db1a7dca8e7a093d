internal import Synchronization
package import Time

/// A wall clock that stands still until it is set.
package final class ManualClock: Sendable {
  private let instant: Mutex<Instant>

  /// - Parameter now: 2027-01-15 08:00 UTC unless a test says otherwise.
  package init(_ now: Instant = Instant(milliseconds: 1_800_000_000_000)) {
    instant = Mutex(now)
  }

  package var now: Instant {
    get { instant.withLock { $0 } }
    set { instant.withLock { $0 = newValue } }
  }
}
