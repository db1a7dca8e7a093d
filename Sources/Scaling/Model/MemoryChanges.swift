package import Time

/// What policies asked, as far as it differs from what was handed over before, for whatever keeps
/// it beyond the process.
package struct MemoryChanges: Hashable, Sendable {
  /// By the text of the policy's key; nil for one that is forgotten.
  package var policies: [String: PolicyMemory?]
  /// What the memories' times count from.
  package var at: Instant

  package init(policies: [String: PolicyMemory?] = [:], at: Instant) {
    self.policies = policies
    self.at = at
  }
}

extension Decision.Memory {
  /// How what is remembered differs, for keeping it. That it was read again is no difference.
  package enum Difference: Int, Comparable, Sendable {
    case none, some
    /// Something asks for more than before.
    case rise

    package static func < (left: Difference, right: Difference) -> Bool {
      left.rawValue < right.rawValue
    }
  }

  /// - Parameter previous: of the same signals.
  package func difference(from previous: Decision.Memory) -> Difference {
    guard signals.count == previous.signals.count else { return .rise }
    var result = Difference.none
    for (now, before) in zip(signals, previous.signals) {
      result = max(result, Self.difference(now, before))
    }
    if floor != previous.floor {
      result = max(result, (floor ?? -1) > (previous.floor ?? -1) ? .rise : .some)
    }
    return max(result, activityDifference(from: previous))
  }

  private static func difference(_ now: SignalMemory?, _ before: SignalMemory?) -> Difference {
    guard let now, let before else { return now == nil && before == nil ? .none : .rise }
    if now.replicas > before.replicas { return .rise }
    let isSame =
      now.replicas == before.replicas && now.series == before.series
      && now.lostSince == before.lostSince && now.definition == before.definition
      && now.origin == before.origin && now.evidence?.taken == before.evidence?.taken
      && now.evidence?.levelSince == before.evidence?.levelSince
    return isSame ? .none : .some
  }

  private func activityDifference(from previous: Decision.Memory) -> Difference {
    guard let activity, let before = previous.activity else {
      return self.activity == previous.activity ? .none : .rise
    }
    if activity.isOngoing, !before.isOngoing || activity.cause != before.cause { return .rise }
    // While it goes on, each decision dates it again.
    if activity.isOngoing { return .none }
    return activity == before ? .none : activity.last > before.last ? .rise : .some
  }
}
