package import Scaling

/// A forecast as Kedastral's forecasters give it: the contract of `GET /forecast/current`.
package struct ServedForecast: Hashable, Sendable {
  package var workload: String
  /// What the load is: the query.
  package var metric: String
  package var series: ForecastSeries
  /// The load of each step that is asked for, in the unit of the query.
  package var values: [Double]
  /// Whether nothing new is learnt at the moment.
  package var isStale: Bool

  package init(
    workload: String, metric: String, series: ForecastSeries, values: [Double], isStale: Bool
  ) {
    self.workload = workload
    self.metric = metric
    self.series = series
    self.values = values
    self.isStale = isStale
  }
}

/// Where served forecasts come from. Called on the side port's thread.
package struct ForecastService: Sendable {
  /// The names that can be asked for.
  package var workloads: @Sendable () -> [String]
  /// Nil for a workload without a forecast.
  package var forecast: @Sendable (String) -> ServedForecast?

  package init(
    workloads: @escaping @Sendable () -> [String],
    forecast: @escaping @Sendable (String) -> ServedForecast?
  ) {
    self.workloads = workloads
    self.forecast = forecast
  }
}
