/// What a forecaster expects of the next buckets, in the unit of the query.
package struct LoadForecast: Hashable, Sendable {
  /// A load of fewer replicas than this asks for none.
  package static let idleReplicas = Tuning.idleReplicas

  /// The first bucket that is forecast: the one after the last complete one.
  package let firstBucket: Int
  /// Who made `loads`.
  package let charge: ForecastModel
  /// With the probability of the quantile the load is at most this, by bucket; 0 or more, finite.
  package let loads: [Double]
  /// The median of each bucket; the audit has no part in it.
  package let medians: [Double]
}
