internal import Scaling

extension DecisionEngine {
  /// What the policy of a trigger asked before somebody edited its metadata: an edit makes a new
  /// policy of the same ScaledObject with the same signals, and is when KEDA punishes errors (C24).
  /// Of several the one that asked for most.
  func memoryOfEdited(_ bound: BoundPolicy) -> PolicyMemory? {
    let name = bound.key.name
    guard bound.key.isImplied, let object = Self.scaledObject(of: name) else { return nil }
    let signals = Set(bound.policy.value.signals.map(\.name))
    return allEntries.filter { entry in
      entry.key.isImplied && entry.key.name != name
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
