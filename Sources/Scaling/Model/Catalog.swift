/// Every policy, data source and calendar that is in force: an immutable snapshot.
package struct Catalog: Sendable, Equatable {
  package var policies: [ResourceName: Shared<Policy>]
  /// Names are unique among the sources of one kind only: the two that flags define are both
  /// called `default`.
  package var dataSources: [DataSourceKey: DataSource]
  /// What they say is in the policies already.
  package var calendars: [ResourceName: CalendarSource] = [:]
  /// What is wrong with manifest files of which nothing is in force, one finding each with file, line
  /// and column: what they define is not known.
  package var broken: [String] = []
  /// How many of these are files without a byte, whose writer may be about to write them.
  package var emptyFiles = 0
  /// The same of files that are used with their last good content: what they define now is not known.
  package var heldBack: [String] = []

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
