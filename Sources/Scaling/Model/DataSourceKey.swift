/// What tells data sources apart: the kind, then the name. A forecaster and a Prometheus server may
/// bear the same name.
package struct DataSourceKey: Hashable, Comparable, Sendable {
  package var kind: DataSource.Kind
  package var name: ResourceName

  package init(kind: DataSource.Kind, name: ResourceName) {
    self.kind = kind
    self.name = name
  }

  package static func < (left: DataSourceKey, right: DataSourceKey) -> Bool {
    (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
  }
}

extension DataSource {
  /// Where a catalogue keeps this source.
  package var key: DataSourceKey { DataSourceKey(kind: kind, name: name) }
}
