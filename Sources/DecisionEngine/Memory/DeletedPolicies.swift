internal import Scaling
internal import Time

/// Policies that were deleted a short while ago. Pure.
///
/// A deleted policy is answered for one more minute: an editor that replaces a file, or a tool that
/// deletes and creates, costs nothing. Then it is gone; for the rest of an hour no implied policy
/// takes its place, because a forecast alone may say far less than the policy did.
struct DeletedPolicies {
  private var deletions: [ResourceName: Deletion] = [:]

  private struct Deletion {
    /// Nil where another process knew it.
    var policy: Shared<Policy>?
    var at: Instant
  }

  static let grace = Duration.seconds(60)
  /// As long as what it asked is remembered.
  static let lifetime = PolicyMemories.lifetime

  var isEmpty: Bool { deletions.isEmpty }

  func contains(_ name: ResourceName) -> Bool { deletions[name] != nil }

  /// Takes note of what a new catalog does not define any more, and of what it defines again.
  ///
  /// - Returns: the names of both.
  mutating func changed(
    from old: Catalog, to new: Catalog, at now: Instant
  ) -> (deleted: [ResourceName], back: [ResourceName]) {
    let back = deletions.keys.filter { new.policies[$0] != nil }
    for name in back { deletions[name] = nil }
    var deleted: [ResourceName] = []
    for (name, policy) in old.policies where new.policies[name] == nil {
      deletions[name] = Deletion(policy: policy, at: now)
      deleted.append(name)
    }
    return (deleted, back)
  }

  /// A policy that another process knew is not defined any more.
  mutating func wasKnown(_ name: ResourceName, at now: Instant) {
    deletions[name] = Deletion(at: now)
  }

  /// Those that are still answered, as if they were defined.
  func answered(at now: Instant) -> [Shared<Policy>] {
    deletions.values.compactMap { $0.at.duration(to: now) < Self.grace ? $0.policy : nil }
  }

  /// When each was deleted.
  var times: [ResourceName: Instant] { deletions.mapValues(\.at) }

  /// Forgets what is over.
  ///
  /// - Returns: whether what `answered` says, or what is contained, is another now.
  mutating func timePassed(at now: Instant) -> Bool {
    var hasChanged = false
    for (name, deletion) in deletions {
      let age = deletion.at.duration(to: now)
      if age >= Self.lifetime {
        deletions[name] = nil
        hasChanged = true
      } else if age >= Self.grace, deletion.policy != nil {
        deletions[name]?.policy = nil
        hasChanged = true
      }
    }
    return hasChanged
  }

  mutating func wallClockStepped(by step: Duration) {
    for name in deletions.keys { deletions[name]?.at.advance(by: step) }
  }
}
