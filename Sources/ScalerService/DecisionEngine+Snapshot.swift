package import Scaling
package import Upstreams

/// What the side port shows of the engine: values, taken at one instant.
package struct EngineSnapshot: Sendable {
  package var isReady: Bool
  package var at: Instant
  package var policies: [PolicySnapshot]
  package var sources: [SourceStatus]
  /// ScaledObjects that ask.
  package var subscriptionCount: Int
}

/// One policy in force, and its decision.
package struct PolicySnapshot: Sendable {
  package var policy: Policy
  package var decision: Decision
  package var readings: [SignalReading]
  /// Implied by a trigger, not defined by a manifest.
  package var isImplied: Bool
  /// ScaledObjects that this policy answers, such as `default/my-api`.
  package var scaledObjects: [String]
}

extension DecisionEngine {
  /// Everything that is in force now.
  package func snapshot() -> EngineSnapshot {
    EngineSnapshot(
      isReady: isReady, at: now, policies: allEntries.compactMap(snapshot(of:)),
      sources: sources, subscriptionCount: subscriptionCount)
  }

  /// The policy of that name, as `/api/v1/decisions` looks it up: of the namespace, or else without
  /// one. A name may carry a trigger's lead time, such as `my-api@10m`; without one it stands for
  /// the policy as it is written, or else for any that a trigger adjusted.
  package func snapshot(named name: ResourceName) -> PolicySnapshot? {
    let candidates = allEntries.filter { entry in
      guard entry.policy.name.name == name.name || entry.key.name.name == name.name else {
        return false
      }
      let namespace = entry.policy.name.namespace
      return namespace == nil || namespace == name.namespace
    }
    let best = candidates.min { left, right in
      rank(of: left, for: name) < rank(of: right, for: name)
    }
    return best.flatMap(snapshot(of:))
  }

  private func rank(of entry: PolicyEntry, for name: ResourceName) -> (Int, Int, Int64) {
    (
      entry.policy.name.namespace == name.namespace ? 0 : 1,
      entry.policy.name.name == name.name ? 0 : 1,
      entry.policy.leadTime.milliseconds
    )
  }

  private func snapshot(of entry: PolicyEntry) -> PolicySnapshot? {
    guard let decision = entry.decision else { return nil }
    return PolicySnapshot(
      policy: entry.policy, decision: decision, readings: entry.readings,
      isImplied: entry.key.isImplied,
      scaledObjects: entry.subscribers.map { "\($0.namespace)/\($0.name)" }.sorted())
  }
}
