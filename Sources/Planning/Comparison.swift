package import Scaling
internal import Time

/// Several policies, or one with several values, over one load, beside an HPA alone and an oracle.
package struct Comparison {
  /// How one policy fared.
  package struct Row: Hashable, Sendable {
    package let policy: ResourceName
    /// What to call it in a table.
    package let label: String
    /// The values of the sweeps, in their order.
    package let values: [String]
    package let account: BacktestAccount
    /// No other row is short less often at as few replica-hours, or as seldom at fewer.
    package fileprivate(set) var isOnFront = false
    /// An HPA alone at the same replica-hours; known for rows of the front. Nil where no HPA comes
    /// near them.
    package fileprivate(set) var equalHours: BacktestAccount?
    fileprivate let settings: Backtest.Settings
  }

  package let sweeps: [PolicySweep]
  package let settings: Backtest.Settings
  package let reactive: BacktestAccount
  package let oracle: BacktestAccount
  package let accounted: Duration
  /// By replica-hours, once `finish` was called.
  package private(set) var rows: [Row] = []
  /// How many replicas are needed at most, at any time.
  let mostNeeded: Int
  private let replay: Replay

  /// - Parameters:
  ///   - observed: What queries answer, and an HPA alone reads.
  ///   - settings: The limits are those of the HPA alone.
  package init(
    over load: StepSeries, observed: StepSeries, sweeps: [PolicySweep], settings: Backtest.Settings
  ) {
    replay = Replay(
      load: load, observed: observed, perReplica: settings.perReplica, from: settings.from,
      to: settings.to)
    self.sweeps = sweeps
    self.settings = settings
    reactive = replay.alone(settings: settings).account
    oracle = replay.oracle.account
    accounted = replay.accounted
    mostNeeded = replay.demand.mostNeeded
  }

  /// Replays one policy.
  ///
  /// - Parameter settings: With the limits of the policy.
  /// - Throws: `UnknownTimeZone`, which validation has excluded.
  package mutating func add(
    _ variant: PolicySweep.Variant, forecasts: [String: ForecastSeries] = [:],
    walked: [String: WalkedForecast] = [:], settings: Backtest.Settings,
    zones: any TimeZoneDatabase
  ) throws(UnknownTimeZone) {
    let outcome = try replay.following(
      variant.policy, forecasts: forecasts, walked: walked, settings: settings, zones: zones
    ) { _ in }
    rows.append(
      Row(
        policy: variant.policy.name, label: variant.label ?? "\(variant.policy.name)",
        values: variant.values, account: outcome.account,
        settings: settings))
  }

  /// Sorts the rows, finds the front, and what an HPA makes of its replica-hours.
  package mutating func finish(progress: (Double) -> Void = { _ in }) {
    rows.sort {
      ($0.account.replicaHours, $0.account.underProvisioned)
        < ($1.account.replicaHours, $1.account.underProvisioned)
    }
    // In this order a row is on the front where it is short less often than all before it.
    var least: Duration?
    for index in rows.indices {
      let account = rows[index].account
      if let least, account.underProvisioned >= least { continue }
      least = account.underProvisioned
      rows[index].isOnFront = true
    }
    for index in rows.indices where rows[index].isOnFront {
      let equal = EqualHours(
        hours: rows[index].account.replicaHours, replay: replay, settings: rows[index].settings)
      rows[index].equalHours = equal.isFarOff ? nil : equal.outcome.account
      progress(Double(index + 1) / Double(rows.count))
    }
  }

  /// The share of the time in which an outcome had too few pods, 0 to 1.
  package func share(of account: BacktestAccount) -> Double {
    let total = Double(accounted.milliseconds)
    return total > 0 ? Double(account.underProvisioned.milliseconds) / total : 0
  }

  /// By which part an outcome used more replica-hours than were needed; below 0 for fewer, nil where
  /// none were needed.
  package func excess(of account: BacktestAccount) -> Double? {
    oracle.replicaHours > 0 ? account.replicaHours / oracle.replicaHours - 1 : nil
  }

  /// The cheapest row that is short for at most this share of the time.
  package func cheapest(atMostShort share: Double) -> Row? {
    rows.first { self.share(of: $0.account) <= share }
  }
}
