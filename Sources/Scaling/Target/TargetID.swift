/// A workload that can be scaled: what no two policies may scale at the same time.
package struct TargetID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The API group, empty for the core one. The version is none of the identity: `apps/v1` and
  /// `apps/v1beta2` name the same Deployments.
  package var group: String
  package var kind: String
  package var namespace: String
  package var name: String

  package init(group: String, kind: String, namespace: String, name: String) {
    self.group = group
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }

  /// - Parameter apiVersion: `group/version`, or a version alone for the core group.
  package init(apiVersion: String, kind: String, namespace: String, name: String) {
    self.init(
      group: apiVersion.firstIndex(of: "/").map { String(apiVersion[..<$0]) } ?? "", kind: kind,
      namespace: namespace, name: name)
  }

  package static func < (left: TargetID, right: TargetID) -> Bool {
    (left.namespace, left.name, left.kind, left.group)
      < (right.namespace, right.name, right.kind, right.group)
  }

  /// `Deployment shop/checkout`.
  package var description: String { "\(kind) \(namespace)/\(name)" }
}

extension Policy {
  /// What the policy scales; nil for one that names no target.
  ///
  /// - Parameter fallback: The namespace where neither the target nor the policy says one.
  package func target(fallback: String) -> TargetID? {
    guard let target = scaleTarget else { return nil }
    return TargetID(
      apiVersion: target.apiVersion, kind: target.kind,
      namespace: target.namespace ?? name.namespace ?? fallback, name: target.name)
  }
}
