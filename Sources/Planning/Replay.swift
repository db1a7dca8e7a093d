internal import Scaling
internal import Time

/// A load and what it needed, through which ways of scaling can be led one after the other.
struct Replay {
  let demand: DemandTrack
  let grid: SecondGrid
  /// What queries answer, and an HPA alone reads.
  private let observed: StepSeries
  private let observedTrack: DemandTrack
  private let perReplica: Double

  /// - Parameters:
  ///   - load: What had to be carried.
  ///   - observed: What metrics show of it.
  ///   - perReplica: How much load one replica carries.
  init(load: StepSeries, observed: StepSeries, perReplica: Double, from: Instant, to: Instant) {
    grid = SecondGrid(from: from, to: to)
    demand = DemandTrack(load: load, perReplica: perReplica, grid: grid)
    self.observed = observed
    observedTrack = DemandTrack(load: observed, perReplica: perReplica, grid: grid)
    self.perReplica = perReplica
  }

  /// A policy, as KEDA and the HPA would have followed it.
  ///
  /// - Throws: `UnknownTimeZone`, which validation has excluded.
  func following(
    _ policy: Policy, forecasts: [String: ForecastSeries], walked: [String: WalkedForecast],
    settings: Backtest.Settings, zones: any TimeZoneDatabase, progress: (Double) -> Void
  ) throws(UnknownTimeZone) -> Backtest.Outcome {
    let readings = try KnownReadings(
      policy, known: KnownSignals(forecasts: forecasts, load: observed, walked: walked),
      from: settings.from, to: settings.to, zones: zones)
    var scaled = Autoscaling(
      metric: DecisionTrack(readings: readings, grid: grid), settings: settings)
    return scaled.run(over: demand, grid: grid, progress: progress)
  }

  /// An HPA alone.
  ///
  /// - Parameter factor: by which its target differs from what one replica carries.
  func alone(
    factor: Double = 1, settings: Backtest.Settings, progress: (Double) -> Void = { _ in }
  ) -> Backtest.Outcome {
    var alone = Autoscaling(
      metric: LoadMetric(observed: observedTrack, target: perReplica * factor),
      settings: settings)
    return alone.run(over: demand, grid: grid, progress: progress)
  }

  var oracle: Backtest.Outcome { demand.oracle(grid: grid) }

  /// For how long the load is known.
  var accounted: Duration {
    .seconds(demand.pieces.reduce(0) { $1.needed == nil ? $0 : $0 + $1.to - $1.from })
  }
}
