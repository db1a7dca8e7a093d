/// The name of a policy or a data source: a Kubernetes object name, and a namespace if it has one.
///
/// An object from a file may leave its namespace out; it then serves every namespace
/// (design section 4).
package struct ResourceName: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var namespace: String?
  package var name: String

  package init(namespace: String? = nil, name: String) {
    self.namespace = namespace
    self.name = name
  }

  /// `namespace/name`, or the name alone.
  package var description: String {
    namespace.map { "\($0)/\(name)" } ?? name
  }

  package static func < (left: ResourceName, right: ResourceName) -> Bool {
    (left.namespace ?? "", left.name) < (right.namespace ?? "", right.name)
  }
}
