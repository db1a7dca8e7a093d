internal import Forecasting

extension ForecastWalk {
  /// The replicas that a forecast load asks for: none below a fifth of one (forecast specification,
  /// step 6 of `forecast`).
  package static func replicas(for load: Double, threshold: Double) -> Int {
    load < LoadForecast.idleReplicas * threshold
      ? 0 : DemandTrack.needed(for: load - 1e-9 * threshold, perReplica: threshold)
  }
}
