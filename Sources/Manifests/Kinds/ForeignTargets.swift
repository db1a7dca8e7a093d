package import Scaling

/// Which policies may scale a workload of another namespace than their own. Those of manifest files
/// always may: they are the operator's.
package struct ForeignTargets: Hashable, Sendable {
  /// Stands for every object of a namespace.
  package static let every = "*"

  private enum Rule: Hashable {
    case all
    case only(Set<ResourceName>)
  }

  private let rule: Rule

  private init(_ rule: Rule) {
    self.rule = rule
  }

  /// Every policy may.
  package static let all = ForeignTargets(.all)

  /// Only these may, each with its namespace; `every` as a name stands for all of that namespace.
  package static func only(_ objects: Set<ResourceName>) -> ForeignTargets {
    ForeignTargets(.only(objects))
  }

  func mayName(_ policy: ResourceName) -> Bool {
    switch rule {
    case .all: true
    case .only(let objects):
      objects.contains(policy)
        || objects.contains(ResourceName(namespace: policy.namespace, name: Self.every))
    }
  }
}
