internal import Scaling

/// One object of a file, decoded, with what the checks across files need to know.
struct ManifestObject: Hashable, Sendable {
  var content: Content
  /// Where its name stands, for a duplicate.
  var position: SourcePosition
  /// The data sources that it names.
  var references: [SourceReference]
  /// The calendars that it names.
  var calendars: [CalendarReference] = []
  /// Its schedules that name some.
  var calendarSchedules: [CalendarSchedule] = []
  /// The data sources that it brings along, of names that no DataSource can bear.
  var ownSources: [DataSource] = []
  /// What it leaves out whose default was another one.
  var leftOut: OldDefaults = []

  enum Content: Hashable, Sendable {
    case policy(Shared<Policy>)
    /// Not in place, where it would make each of 100,000 policies' objects longer.
    indirect case dataSource(DataSource)
    indirect case calendar(CalendarSource)
  }
}

extension ManifestObject {
  /// `ScalingPolicy`, `DataSource`, `Calendar`, `ScalingRule` or `ElastiService`.
  var kindName: String {
    switch content {
    case .policy(let policy): policy.value.kind.rawValue
    case .dataSource: DataSourceKind.kind
    case .calendar: CalendarKind.kind
    }
  }
}

/// A data source that a policy names.
struct SourceReference: Hashable, Sendable {
  var kind: DataSource.Kind
  var name: String
  /// The policy's own.
  var namespace: String?
  var position: SourcePosition
  /// The field that names it, or would if it were not left to its default.
  var path: String
}

/// The part of `metadata` that Headstart uses.
struct ObjectMetadata {
  var name: ResourceName
  var position: SourcePosition

  /// Nil, and an error is reported, when there is no usable name.
  init?(_ value: ManifestValue, takesCapitals: Bool) {
    guard let fields = value.mapping() else { return nil }
    let name = fields.required("name", example: "my-api")
    let namespace = fields.optional("namespace")?.namespaceName()
    fields.ignore(ObjectMetadata.ignored)
    fields.reportUnknown()
    guard let name, let text = name.objectName(orCapitals: takesCapitals) else {
      return nil
    }
    self.name = ResourceName(namespace: namespace, name: text)
    position = name.node.position
  }

  /// For an object whose own metadata is unusable, of which an error has been reported.
  init(standInAt position: SourcePosition) {
    name = ResourceName(name: "unnamed")
    self.position = position
  }

  /// The other fields of Kubernetes' ObjectMeta, which `kubectl get -o yaml` writes.
  private static let ignored: [StaticString] = [
    "labels", "annotations", "uid", "resourceVersion", "generation", "generateName", "selfLink",
    "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "finalizers",
    "ownerReferences", "managedFields",
  ]
}
