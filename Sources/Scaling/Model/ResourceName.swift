/// The name of a policy or a data source: a Kubernetes object name, and a namespace if it has one.
///
/// An object from a file may leave its namespace out; it then serves every namespace
/// (design section 4).
package struct ResourceName: Hashable, Comparable, Sendable, CustomStringConvertible {
  // A policy's name stands in the policy, its decision and the keys of dictionaries: a word in each
  // instead of two strings makes 13 MB less for 100,000 policies.
  private var shared: Shared<Parts>

  private struct Parts: Hashable, Sendable {
    var namespace: String?
    var name: String
  }

  package init(namespace: String? = nil, name: String) {
    shared = Shared(Parts(namespace: namespace, name: name))
  }

  package var namespace: String? {
    get { shared.value.namespace }
    set { self = ResourceName(namespace: newValue, name: name) }
  }

  package var name: String {
    get { shared.value.name }
    set { self = ResourceName(namespace: namespace, name: newValue) }
  }

  /// `namespace/name`, or the name alone.
  package var description: String {
    namespace.map { "\($0)/\(name)" } ?? name
  }

  package static func < (left: ResourceName, right: ResourceName) -> Bool {
    (left.namespace ?? "", left.name) < (right.namespace ?? "", right.name)
  }
}
