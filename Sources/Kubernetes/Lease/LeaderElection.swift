internal import Scaling
internal import Time

/// Decides which of several replicas acts, by a record that they all can write with optimistic
/// concurrency. Pure; the semantics of client-go's `leaderelection`.
///
/// No replica trusts another's clock. Each remembers when it saw the record change last, by its own
/// monotonic clock, and takes over when it has not changed for the lease's duration. The holder
/// stops acting `renewDeadline` after it *asked* for its last successful renewal, which is before
/// any other can take over.
package struct LeaderElection {
  package struct Timing: Hashable, Sendable {
    /// How long the others wait after the last change that they saw.
    package var leaseDuration = Duration.seconds(15)
    /// When the holder that cannot renew stops; below `leaseDuration`.
    package var renewDeadline = Duration.seconds(10)
    /// How often holders renew and others look; up to a fifth longer.
    package var retryPeriod = Duration.seconds(2)

    package init() {}
  }

  /// The Lease as it was read or written: its version, and what it says.
  struct Observation: Hashable {
    var resourceVersion: String
    var record: LeaseRecord
  }

  /// What to do now. Everything ends in `read`, `written` or `failed`.
  enum Order: Hashable {
    case read
    case create(LeaseRecord)
    /// Replace the record, if the Lease still has that version.
    case update(LeaseRecord, resourceVersion: String)
    /// Look again after a retry period.
    case wait
  }

  let identity: String
  let timing: Timing
  /// Nil before the first reading, and when the Lease does not exist.
  private(set) var observed: Observation?
  /// When the record was seen to change, by our monotonic clock.
  private var observedAt = Duration.zero
  /// When the last successful renewal was asked for; nil while another holds it, or no one.
  private var renewedAt: Duration?
  /// When the write under way was asked for.
  private var writeAskedAt: Duration?

  init(identity: String, timing: Timing = Timing()) {
    self.identity = identity
    self.timing = timing
  }

  /// Whether this replica may act at that time, whatever timers have or have not run.
  func isLeader(at now: Duration) -> Bool {
    guard let renewedAt else { return false }
    return now - renewedAt < timing.renewDeadline
  }

  /// Who holds it as far as is known; empty for no one.
  var holder: String { observed?.record.holder ?? "" }

  /// When leadership ends unless it is renewed; nil for others.
  var end: Duration? { renewedAt.map { $0 + timing.renewDeadline } }

  /// A retry period is over.
  mutating func periodPassed(now: Duration, wallClock: Instant) -> Order {
    // A holder knows the Lease, and writes at once; where another has written, that is a conflict.
    if isLeader(at: now), let observed { return renew(observed, now, wallClock) }
    return .read
  }

  /// - Parameter found: Nil when there is no such Lease.
  mutating func read(_ found: Observation?, now: Duration, wallClock: Instant) -> Order {
    guard let found else {
      observed = nil
      renewedAt = nil
      writeAskedAt = now
      return .create(record(acquiredAt: wallClock, transitions: 0))
    }
    observe(found, now: now)
    if found.record.holder == identity {
      // Also after a restart under the same name: the record is its own.
      return renew(found, now, wallClock)
    }
    renewedAt = nil
    let isFree = found.record.holder.isEmpty || now - observedAt >= found.record.duration
    guard isFree else { return .wait }
    writeAskedAt = now
    return .update(
      record(acquiredAt: wallClock, transitions: found.record.transitions + 1),
      resourceVersion: found.resourceVersion)
  }

  /// The create or update has succeeded.
  mutating func written(_ result: Observation, now: Duration) {
    observe(result, now: now)
    guard result.record.holder == identity, let writeAskedAt else { return }
    renewedAt = writeAskedAt
    self.writeAskedAt = nil
  }

  /// What was ordered has failed. After a conflict the Lease is read again before anything is
  /// written.
  mutating func failed(conflict: Bool) {
    writeAskedAt = nil
    if conflict { observed?.resourceVersion = "" }
  }

  /// Gives leadership up.
  ///
  /// - Returns: the record that tells the others, with the version that it replaces; nil where
  ///   this replica does not hold the Lease.
  mutating func released(
    now: Duration, wallClock: Instant
  ) -> (record: LeaseRecord, resourceVersion: String)? {
    defer { renewedAt = nil }
    guard isLeader(at: now), let observed, !observed.resourceVersion.isEmpty else { return nil }
    var record = observed.record
    record.holder = ""
    record.duration = .seconds(1)
    record.renewTime = MicroTime.text(wallClock)
    return (record, observed.resourceVersion)
  }

  // MARK: Private

  private mutating func renew(
    _ observed: Observation, _ now: Duration, _ wallClock: Instant
  ) -> Order {
    guard !observed.resourceVersion.isEmpty else { return .read }
    var record = observed.record
    record.duration = timing.leaseDuration
    record.renewTime = MicroTime.text(wallClock)
    // Others look for a change of the record, which a clock that stands still must not prevent.
    if record.renewTime == observed.record.renewTime {
      record.renewTime = MicroTime.text(wallClock.advanced(by: .milliseconds(1)))
    }
    writeAskedAt = now
    return .update(record, resourceVersion: observed.resourceVersion)
  }

  /// Any other version counts as a sign of life, also where the record looks the same: a holder
  /// whose clock stands still must not be taken for dead.
  private mutating func observe(_ found: Observation, now: Duration) {
    if found != observed { observedAt = now }
    observed = found
  }

  private func record(acquiredAt wallClock: Instant, transitions: Int) -> LeaseRecord {
    let time = MicroTime.text(wallClock)
    return LeaseRecord(
      holder: identity, duration: timing.leaseDuration, acquireTime: time, renewTime: time,
      transitions: transitions)
  }
}
