package import Scaling
package import Time

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
  /// An HPA alone that costs as many replica-hours as the policy.
  package let equalHours: EqualHours
  /// The part of the period in which the load is known; the accounts are about nothing else.
  package let accounted: Duration
  package let excluded: Duration

  /// - Parameters:
  ///   - load: What had to be carried.
  ///   - observed: What the policy's queries answer, and an HPA alone reads; nil for the load itself.
  ///   - forecasts: By the name of the signal; `walked` are those that are built in.
  ///   - progress: Called now and then with the part of the work that is done, 0 to 1.
  /// - Throws: `UnknownTimeZone`, which validation has excluded.
  package init(
    of policy: Policy, over load: StepSeries, observed: StepSeries? = nil,
    forecasts: [String: ForecastSeries] = [:], walked: [String: WalkedForecast] = [:],
    settings: Settings, zones: any TimeZoneDatabase, progress: (Double) -> Void = { _ in }
  ) throws(UnknownTimeZone) {
    let replay = Replay(
      load: load, observed: observed ?? load, perReplica: settings.perReplica,
      from: settings.from, to: settings.to)
    self.policy = try replay.following(
      policy, forecasts: forecasts, walked: walked, settings: settings, zones: zones
    ) { progress($0 * 0.3) }
    reactive = replay.alone(settings: settings) { progress(0.3 + $0 * 0.1) }
    oracle = replay.oracle
    equalHours = EqualHours(
      hours: self.policy.account.replicaHours, replay: replay, settings: settings
    ) { progress(0.4 + $0 * 0.6) }
    self.settings = settings
    accounted = replay.accounted
    excluded = .seconds(replay.grid.end) - accounted
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
