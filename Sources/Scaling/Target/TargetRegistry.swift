/// Which policy scales which target: one at a time. Pure.
///
/// The policy that came first keeps the target until it is gone or names another; of those that come
/// with one catalog, names decide, so that every replica chooses alike.
package struct TargetRegistry<Key: Hashable & Comparable & Sendable>: Sendable {
  private var holders: [TargetID: Key] = [:]
  /// Those that were refused.
  private var waiting: [TargetID: Set<Key>] = [:]
  private var targets: [Key: TargetID] = [:]

  package enum OnClaim: Hashable, Sendable {
    /// It holds the target, newly or still.
    case granted
    /// Another one holds it.
    case refused(holder: Key)
  }

  /// What follows when a policy lets go.
  package enum OnRelease: Hashable, Sendable {
    /// It held nothing.
    case nothing
    /// No one holds the target now; another one may take it over.
    case freed(TargetID, heir: Key?)
  }

  package init() {}

  package func target(of key: Key) -> TargetID? { targets[key] }
  package func holder(of target: TargetID) -> Key? { holders[target] }

  /// A policy wants a target. It must have let go of any other before.
  package mutating func claimed(_ target: TargetID, by key: Key) -> OnClaim {
    targets[key] = target
    let holder = holders[target] ?? key
    guard holder == key else {
      waiting[target, default: []].insert(key)
      return .refused(holder: holder)
    }
    holders[target] = key
    return .granted
  }

  /// A policy is gone, or wants its target no more.
  package mutating func released(_ key: Key) -> OnRelease {
    guard let target = targets.removeValue(forKey: key) else { return .nothing }
    guard holders[target] == key else {
      waiting[target]?.remove(key)
      if waiting[target]?.isEmpty == true { waiting[target] = nil }
      return .nothing
    }
    let heir = waiting[target]?.min()
    holders[target] = heir
    if let heir {
      waiting[target]?.remove(heir)
      if waiting[target]?.isEmpty == true { waiting[target] = nil }
    }
    return .freed(target, heir: heir)
  }
}
