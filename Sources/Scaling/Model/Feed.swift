/// One thing to fetch, whoever wants it: signals with equal feeds share one request.
package enum Feed: Hashable, Sendable {
  /// A forecaster's current snapshot of a workload.
  case forecast(source: ResourceName, workload: String)
  /// The value of an instant PromQL query.
  case query(source: ResourceName, promQL: String, onEmpty: EmptyResult)

  /// The data source that it is fetched from.
  package var source: ResourceName {
    switch self {
    case .forecast(let source, _): source
    case .query(let source, _, _): source
    }
  }

  /// The kind of data source that can answer it.
  package var sourceKind: DataSource.Kind {
    switch self {
    case .forecast: .forecaster
    case .query: .prometheus
    }
  }

  /// Where a catalogue keeps the data source.
  package var sourceKey: DataSourceKey { DataSourceKey(kind: sourceKind, name: source) }
}
