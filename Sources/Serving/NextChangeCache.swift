internal import DecisionEngine
internal import Scaling
internal import SidePort
internal import Synchronization
internal import Time

/// Remembers when each policy's answer changes next: finding it out means laying schedules out over
/// days, and holds until a reading or the policy changes.
final class NextChangeCache: Sendable {
  private let known = Mutex<[ResourceName: Entry]>([:])

  /// A weekly rule shows itself within eight days; what comes later is no concern yet.
  private static let horizon = Duration.seconds(8 * 24 * 3600)

  private struct Entry: Sendable {
    var policy: Policy
    var readings: [SignalReading]
    var change: NextChange?
    /// Until when `change` is right.
    var end: Instant
  }

  var count: Int { known.withLock { $0.count } }

  /// Forgets policies that are gone: how many names come and go is up to the clients.
  func forgetAll(but policies: [PolicySnapshot]) {
    known.withLock { known in
      guard known.count > policies.count else { return }
      let names = Set(policies.map(\.policy.name))
      known = known.filter { names.contains($0.key) }
    }
  }

  /// - Parameter deadline: until when something may be worked out; after it only what is remembered is
  ///   returned.
  func nextChange(
    of snapshot: PolicySnapshot, zones: any TimeZoneDatabase,
    deadline: ContinuousClock.Instant? = nil
  ) -> NextChange? {
    let name = snapshot.policy.name
    let now = snapshot.decision.at
    let entry = known.withLock { $0[name] }
    if let entry, now < entry.end, entry.policy == snapshot.policy,
      entry.readings == snapshot.readings
    {
      return entry.change
    }
    if let deadline, ContinuousClock.now >= deadline { return nil }
    let until = now.advanced(by: Self.horizon)
    let change = Projection(
      of: snapshot.policy, decision: snapshot.decision,
      readings: snapshot.readings(from: now, until: until, zones: zones)
    ).nextChange(until: until).map { NextChange(at: $0.at, replicas: $0.replicas) }
    known.withLock {
      $0[name] = Entry(
        policy: snapshot.policy, readings: snapshot.readings, change: change,
        end: change?.at ?? until)
    }
    return change
  }
}
