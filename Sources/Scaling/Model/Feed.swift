/// One thing to fetch, whoever wants it: signals with equal feeds share one request.
package enum Feed: Hashable, Sendable {
  /// A forecaster's current snapshot of a workload: its replicas, or with `loads` its loads.
  case forecast(
    source: ResourceName, workload: String, loads: Bool = false,
    options: Shared<RequestOptions>? = nil)
  /// The value of an instant PromQL query.
  case query(
    source: ResourceName, promQL: String, onEmpty: EmptyResult,
    options: Shared<RequestOptions>? = nil)
  /// What a data source of type `http` answers at some place.
  case json(
    source: ResourceName, Shared<JSONQuery>, JSONResult, options: Shared<RequestOptions>? = nil)
  /// What the load of a query will be, learnt here from its history.
  case builtIn(source: ResourceName, Shared<BuiltInForecast>)

  /// The data source that it is fetched from.
  package var source: ResourceName {
    switch self {
    case .forecast(let source, _, _, _): source
    case .query(let source, _, _, _): source
    case .json(let source, _, _, _): source
    case .builtIn(let source, _): source
    }
  }

  /// The kind of data source that can answer it.
  package var sourceKind: DataSource.Kind {
    switch self {
    case .forecast: .forecaster
    case .query, .builtIn: .prometheus
    case .json: .http
    }
  }

  /// How it is asked for; nil for as the data source says.
  package var options: RequestOptions? {
    switch self {
    case .forecast(_, _, _, let options), .query(_, _, _, let options), .json(_, _, _, let options):
      options?.value
    case .builtIn(_, let forecast): forecast.value.options
    }
  }

  /// Where a catalogue keeps the data source.
  package var sourceKey: DataSourceKey { DataSourceKey(kind: sourceKind, name: source) }
}
