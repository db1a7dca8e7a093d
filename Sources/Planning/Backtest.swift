package import Scaling

/// Replays a policy over a load that was measured, as KEDA and the HPA would have followed it,
/// beside an HPA alone and beside an oracle.
///
/// Time goes second by second from the beginning of the period; seconds in which nothing can happen
/// are passed over. What is simulated, and what is not, is in `docs/internals/simulation.md`.
package struct Backtest {
  package struct Settings: Hashable, Sendable {
    /// The period [from, to).
    package var from: Instant
    package var to: Instant
    /// How much load one replica carries. Finite and above 0.
    package var perReplica: Double
    /// How long a pod takes to serve; whole seconds, at least 0.
    package var startup: Duration
    /// The bounds of the ScaledObject and of the HPA. 0 lets KEDA scale to zero; the HPA alone
    /// keeps one replica.
    package var minReplicas: Int
    package var maxReplicas: Int
    /// The HPA's, 0 or more: both HPAs do nothing about a metric that is off by this part of its
    /// target or less.
    package var tolerance: Double

    /// KEDA's own `maxReplicaCount`, where a ScaledObject names none (C20).
    package static let defaultMaxReplicas = 100
    package static let defaultStartup = Duration.seconds(60)
    /// `--horizontal-pod-autoscaler-tolerance` of the controller manager.
    package static let defaultTolerance = 0.1

    package init(
      from: Instant, to: Instant, perReplica: Double, startup: Duration = defaultStartup,
      minReplicas: Int = 0, maxReplicas: Int = defaultMaxReplicas,
      tolerance: Double = defaultTolerance
    ) {
      self.from = from
      self.to = to
      self.perReplica = perReplica
      self.startup = startup
      self.minReplicas = minReplicas
      self.maxReplicas = maxReplicas
      self.tolerance = tolerance
    }
  }

  /// How one way of scaling fared.
  package struct Outcome: Hashable, Sendable {
    package internal(set) var account = BacktestAccount()
    /// Replicas over time, those that start included.
    package internal(set) var replicas = StepSeries()
  }

  package let settings: Settings
  package let policy: Outcome
  package let reactive: Outcome
  package let oracle: Outcome
  /// The part of the period in which the load is known; the accounts are about nothing else.
  package let accounted: Duration
  package let excluded: Duration

  /// - Parameters:
  ///   - load: What had to be carried, and what the policy's queries answer.
  ///   - forecasts: By the name of the signal.
  ///   - progress: Told now and then which part of the work is done, 0 to 1.
  /// - Throws: `UnknownTimeZone`, which validation has excluded.
  package init(
    of policy: Policy, over load: StepSeries, forecasts: [String: ForecastSeries] = [:],
    settings: Settings, zones: any TimeZoneDatabase, progress: (Double) -> Void = { _ in }
  ) throws(UnknownTimeZone) {
    let grid = SecondGrid(from: settings.from, to: settings.to)
    let demand = DemandTrack(load: load, perReplica: settings.perReplica, grid: grid)
    let readings = try KnownReadings(
      policy, known: KnownSignals(forecasts: forecasts, load: load), from: settings.from,
      to: settings.to, zones: zones)

    var scaled = Autoscaling(
      metric: DecisionTrack(readings: readings, grid: grid), settings: settings)
    self.policy = scaled.run(over: demand, grid: grid) { progress($0 * 0.6) }
    var alone = Autoscaling(
      metric: LoadMetric(load: load, perReplica: settings.perReplica, grid: grid),
      settings: settings)
    reactive = alone.run(over: demand, grid: grid) { progress(0.6 + $0 * 0.4) }
    oracle = demand.oracle(grid: grid)
    self.settings = settings
    let known = demand.pieces.reduce(0) { $1.needed == nil ? $0 : $0 + $1.to - $1.from }
    accounted = .seconds(known)
    excluded = .seconds(grid.end - known)
    progress(1)
  }
}

/// The whole seconds of a period, counted from its beginning.
struct SecondGrid {
  let from: Instant
  /// The number of seconds; a last one that has only begun counts.
  let end: Int

  init(from: Instant, to: Instant) {
    self.from = from
    let milliseconds = max(from.duration(to: to).milliseconds, 0)
    end = Int(milliseconds / 1000) + (milliseconds % 1000 == 0 ? 0 : 1)
  }

  func instant(_ second: Int) -> Instant {
    from.advanced(by: .seconds(second))
  }

  /// The first second that is not before an instant; no more than one past the end.
  func second(notBefore instant: Instant) -> Int {
    let milliseconds = from.duration(to: instant).milliseconds
    guard milliseconds > 0 else { return 0 }
    let second = milliseconds / 1000 + (milliseconds % 1000 == 0 ? 0 : 1)
    return Int(min(second, Int64(end) + 1))
  }
}
