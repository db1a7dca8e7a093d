internal import Scaling
internal import Time

extension DecisionEngine {
  /// KEDA asks about all triggers of a ScaledObject at each poll, every 30 s by default, and each
  /// replica of Headstart hears some of the calls: by then it has heard of all of them.
  private static let pollsOfAllTriggers = Duration.seconds(60)

  /// What the policy of a trigger asked before somebody edited its metadata: an edit makes a new
  /// policy of the same ScaledObject with the same signals, and is when KEDA punishes errors (C24).
  /// Of several the one that asked for most.
  ///
  /// A policy that is itself new is none that was edited: it belongs to another trigger of the same
  /// ScaledObject. What that asks says nothing of this one, and in its place the autoscaler would lower
  /// the target; an error beside a number does not (C30).
  func memoryOfEdited(_ bound: BoundPolicy, at now: Instant) -> PolicyMemory? {
    let name = bound.key.name
    guard bound.key.isImplied, let object = Self.scaledObject(of: name) else { return nil }
    let signals = Set(bound.policy.value.signals.map(\.name))
    return allEntries.filter { entry in
      entry.key.isImplied && entry.key.name != name
        && !entry.isYounger(than: Self.pollsOfAllTriggers, at: now)
        && Self.scaledObject(of: entry.key.name) == object
        && Set(entry.policy.signals.map(\.name)) == signals
    }.map(\.lasting).max { ($0.answer ?? -1) < ($1.answer ?? -1) }
  }

  /// Nil for a policy that is not a trigger's own.
  private static func scaledObject(of name: ResourceName) -> ResourceName? {
    guard let end = name.name.lastIndex(of: "@") else { return nil }
    return ResourceName(namespace: name.namespace, name: String(name.name[..<end]))
  }
}
