/// Every policy and data source that is in force: an immutable snapshot.
package struct Catalog: Sendable, Equatable {
  package var policies: [ResourceName: Shared<Policy>]
  /// Names are unique among the sources of one kind only: the two that flags define are both
  /// called `default`.
  package var dataSources: [DataSourceKey: DataSource]

  package init(
    policies: [ResourceName: Shared<Policy>] = [:], dataSources: [DataSourceKey: DataSource] = [:]
  ) {
    self.policies = policies
    self.dataSources = dataSources
  }

  /// The policy of that name in the namespace, or else among those without a namespace
  /// (design section 4).
  package func policy(named name: String, in namespace: String) -> Shared<Policy>? {
    policies[ResourceName(namespace: namespace, name: name)] ?? policies[ResourceName(name: name)]
  }

  /// The data source of that kind that a policy means by `name`: of the policy's own namespace, or
  /// else without one.
  package func dataSource(
    _ kind: DataSource.Kind, named name: String, in namespace: String?
  ) -> DataSource? {
    if let namespace,
      let source = dataSources[
        DataSourceKey(kind: kind, name: ResourceName(namespace: namespace, name: name))]
    {
      return source
    }
    return dataSources[DataSourceKey(kind: kind, name: ResourceName(name: name))]
  }
}
