package import DataSources
package import Scaling
package import Time

/// What the side port shows of the engine: values, taken at one instant.
package struct EngineSnapshot: Sendable {
  package var isReady: Bool
  package var at: Instant
  package var policies: [PolicySnapshot]
  package var sources: [SourceStatus]
  /// Policies that have no number now.
  package var unreadyCount: Int
  /// ScaledObjects that ask.
  package var subscriptionCount: Int
  /// What is kept for clients by names that no manifest holds, in bytes.
  package var impliedByteCount: Int
  /// What the histories of all policies take in memory.
  package var historyByteCount: Int
}

/// One policy in force, and its decision.
package struct PolicySnapshot: Sendable {
  package var policy: Policy
  package var decision: Decision
  package var readings: [SignalReading]
  /// Implied by a trigger, not defined by a manifest.
  package var isImplied: Bool
  /// As a manifest has it: neither implied nor adjusted by a trigger.
  package var isWritten: Bool
  /// Whether its name is one of the manifests', or of something that a source has answered for: what
  /// clients make up is no label of a metric.
  package var isVouchedFor: Bool
  /// ScaledObjects that this policy answers, such as `default/my-api`.
  package var scaledObjects: [String]
}

/// One policy with its past, and the sources that it reads.
package struct PolicyDetail: Sendable {
  package var snapshot: PolicySnapshot
  package var history: DecisionHistory
  package var sources: [SourceStatus]
  /// What each signal reads; nil for a schedule.
  package var feeds: [Feed?]
}

extension DecisionEngine {
  /// Everything that is in force now.
  package func snapshot() -> EngineSnapshot {
    EngineSnapshot(
      isReady: isReady, at: now, policies: allEntries.compactMap(snapshot(of:)),
      sources: sources, unreadyCount: unreadyCount, subscriptionCount: subscriptionCount,
      impliedByteCount: impliedByteCount,
      historyByteCount: historyByteCount)
  }

  /// The policy of that name, as `/api/v1/decisions` looks it up: of the namespace, or else without
  /// one. A name may carry a trigger's lead time, such as `my-api@10m`; without one it stands for
  /// the policy as it is written, or else for any that a trigger adjusted.
  package func snapshot(named name: ResourceName) -> PolicySnapshot? {
    entry(named: name).flatMap(snapshot(of:))
  }

  /// The policy of that key.
  package func snapshot(of key: PolicyKey) -> PolicySnapshot? {
    entry(key).flatMap(snapshot(of:))
  }

  /// The policy that `snapshot(named:)` finds, with its history and its sources.
  package func detail(named name: ResourceName) -> PolicyDetail? {
    guard let entry = entry(named: name), let snapshot = snapshot(of: entry) else { return nil }
    let keys = Set(entry.allFeeds.map(\.sourceKey))
    return PolicyDetail(
      snapshot: snapshot, history: entry.history,
      sources: sources.filter { keys.contains($0.key) }, feeds: entry.mainFeeds)
  }

  /// The names of all policies in force, in no order; one for each lead time that triggers ask of it.
  package func policyNames() -> [ResourceName] {
    allEntries.map(\.key.name)
  }

  /// The policy of a name, or one of those that triggers adjust, whose names go on with `@`. Looks at those
  /// alone: who asks for decisions must not have the loop walk through all policies.
  private func entry(named name: ResourceName) -> PolicyEntry? {
    let stem = name.name.lastIndex(of: "@").map { String(name.name[..<$0]) }
    let names = [name.name, stem].compactMap(\.self)
    let candidates = names.flatMap { base in
      entries(named: ResourceName(namespace: name.namespace, name: base))
        + (name.namespace == nil ? [] : entries(named: ResourceName(name: base)))
    }.filter { $0.policy.name.name == name.name || $0.key.name.name == name.name }
    return candidates.min { left, right in
      rank(of: left, for: name) < rank(of: right, for: name)
    }
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
    let readings = readings(of: entry)
    return PolicySnapshot(
      policy: entry.policy, decision: decision, readings: readings,
      isImplied: entry.key.isImplied, isWritten: entry.key.isUnchanged,
      isVouchedFor: !entry.key.isImplied || readings.contains(where: \.hasValue),
      scaledObjects: entry.subscribers.map { "\($0.namespace)/\($0.name)" }.sorted())
  }
}

extension SignalReading {
  /// Whether the signal's source has ever said something of it.
  fileprivate var hasValue: Bool {
    switch self {
    case .schedule: true
    case .forecast(let reading), .prometheus(let reading, _, _): reading?.value != nil
    case .unreadable: false
    }
  }
}
