package import Time

/// All overrides that are not over, and those that were ended early, as one replica knows them. Pure.
///
/// Replicas tell each other what they know in any order and as often as they like: an override never
/// changes but by being ended, and an end is never taken back.
package struct OverrideBook: Hashable, Sendable {
  private var known: [String: Override] = [:]
  /// Those that were not ended, in the order in which they apply.
  private var byPolicy: [ResourceName: [Override]] = [:]

  package init() {}

  package var isEmpty: Bool { known.isEmpty }

  /// Everything, the latest first.
  package var all: [Override] {
    known.values.sorted { ($1.since, $1.id) < ($0.since, $0.id) }
  }

  /// Those of a policy that were not ended, the earliest first: each applies to what the one before it
  /// leaves. Some may be over.
  package func running(of policy: ResourceName) -> [Override] { byPolicy[policy] ?? [] }

  /// Takes what somebody has set, or what another replica knows.
  ///
  /// - Returns: those that say something new. What is over, and what is beyond the limit, is left out.
  package mutating func take(_ overrides: [Override], at now: Instant) -> [Override] {
    var news: [Override] = []
    for override in overrides where now < override.until {
      var override = override
      if let own = known[override.id] {
        // An end is all that can be new of it.
        guard own.ended == nil, let ended = override.ended else { continue }
        override = own
        override.ended = ended
      } else if known.count >= Override.Limits.total {
        continue
      }
      known[override.id] = override
      enter(override)
      news.append(override)
    }
    return news
  }

  /// Ends overrides of a policy early.
  ///
  /// - Parameter id: of the only one to end; nil for all.
  /// - Returns: those that have ended.
  package mutating func end(_ policy: ResourceName, id: String?, at now: Instant) -> [Override] {
    let ending = running(of: policy).filter { ($0.id == id || id == nil) && $0.isRunning(at: now) }
    return take(
      ending.map {
        var ended = $0
        ended.ended = now
        return ended
      }, at: now)
  }

  /// Forgets what is over.
  package mutating func forget(at now: Instant) {
    for override in known.values where override.until <= now {
      known[override.id] = nil
      leave(override)
    }
  }

  private mutating func enter(_ override: Override) {
    leave(override)
    guard override.ended == nil else { return }
    byPolicy[override.policy, default: []].append(override)
    byPolicy[override.policy]?.sort { ($0.since, $0.id) < ($1.since, $1.id) }
  }

  private mutating func leave(_ override: Override) {
    byPolicy[override.policy]?.removeAll { $0.id == override.id }
    if byPolicy[override.policy]?.isEmpty == true { byPolicy[override.policy] = nil }
  }
}
