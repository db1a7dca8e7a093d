/// Every policy and data source that is in force: an immutable snapshot.
package struct Catalog: Sendable, Equatable {
  package var policies: [ResourceName: Policy]
  package var dataSources: [ResourceName: DataSource]

  package init(
    policies: [ResourceName: Policy] = [:], dataSources: [ResourceName: DataSource] = [:]
  ) {
    self.policies = policies
    self.dataSources = dataSources
  }

  /// The policy of that name in the namespace, or else among those without a namespace
  /// (design section 4).
  package func policy(named name: String, in namespace: String) -> Policy? {
    policies[ResourceName(namespace: namespace, name: name)] ?? policies[ResourceName(name: name)]
  }

  /// The data source that a policy means by `name`: of its own namespace, or else without one.
  package func dataSource(named name: String, in namespace: String?) -> DataSource? {
    if let namespace,
      let source = dataSources[ResourceName(namespace: namespace, name: name)]
    {
      return source
    }
    return dataSources[ResourceName(name: name)]
  }
}
