internal import Configuration
internal import DataSources
internal import Planning
internal import Scaling
internal import Time

extension BacktestCommand {
  /// Of a flag that has a default.
  func duration(
    _ flag: BacktestFlag, atLeast least: Duration
  ) throws(UsageError) -> Duration {
    try CommandInput.duration(flags.valueOrDefault(flag), flag: flag.rawValue, atLeast: least)
  }

  /// The policies that are tested, by name: those that `--policy` names, or all.
  func policies() throws -> [Policy] {
    let all = try CommandInput.policies(
      paths: flags.operands, leadTime: try duration(.leadTime, atLeast: .zero), zones: zones,
      now: now)
    guard let names = flags.values[.policy] else { return all }
    var chosen: [Policy] = []
    for name in names {
      for policy in try CommandInput.choose(name, among: all)
      where !chosen.contains(where: { $0.name == policy.name }) {
        chosen.append(policy)
      }
    }
    return chosen
  }

  func sweeps() throws(UsageError) -> [PolicySweep] {
    var sweeps: [PolicySweep] = []
    for text in flags.values[.sweep] ?? [] {
      do {
        sweeps.append(try PolicySweep(text))
      } catch {
        throw UsageError("flag --sweep: \(error)")
      }
    }
    guard Set(sweeps.map(\.parameter)).count == sweeps.count else {
      throw UsageError("flag --sweep names the same thing twice: give all of its values in one")
    }
    return sweeps
  }

  /// The load that one replica carries: the same for all policies, because the need is.
  func perReplica(of policies: [Policy]) throws(UsageError) -> Double {
    if let text = value(.perReplica) {
      return try CommandInput.number(text, flag: "per-replica")
    }
    var thresholds: [Double] = []
    for policy in policies {
      guard let threshold = Self.threshold(of: policy) else {
        throw UsageError(
          "the policy \(policy.name) has no query whose threshold says how much load one replica"
            + " carries: say it, such as with --per-replica=100")
      }
      thresholds.append(threshold)
    }
    guard Set(thresholds).count == 1 else {
      throw UsageError(
        "the policies have different thresholds: say with --per-replica how much load one replica"
          + " carries")
    }
    return thresholds[0]
  }

  /// Of the first query.
  private static func threshold(of policy: Policy) -> Double? {
    for signal in policy.signals {
      switch signal.kind {
      case .prometheus(let query) where query.switchedTo == nil: return query.threshold
      case .forecast(let forecast):
        if let threshold = forecast.builtIn?.threshold { return threshold }
      case .prometheus, .schedule: break
      }
    }
    return nil
  }

  func limits(of policy: Policy) throws(UsageError) -> (min: Int, max: Int) {
    let range = 0...Int(Int32.max)
    var least = policy.limits.minReplicas
    if let text = value(.minReplicas) {
      least = try CommandInput.whole(text, flag: "min-replicas", in: range)
    }
    var most =
      policy.limits.maxReplicas ?? max(Backtest.Settings.defaultMaxReplicas, least)
    if let text = value(.maxReplicas) {
      most = try CommandInput.whole(text, flag: "max-replicas", in: range)
    }
    guard max(least, 1) <= most else {
      throw UsageError("at least \(least) and at most \(most) replicas leave no choice")
    }
    return (least, most)
  }

  func tolerance() throws(UsageError) -> Double {
    try CommandInput.number(flags.valueOrDefault(.tolerance), flag: "tolerance", orZero: true)
  }

  func season() throws(UsageError) -> LoadHistory.Season? {
    guard let text = value(.forecastFrom) else { return nil }
    guard flags.values[.forecast] == nil else {
      throw UsageError("give either --forecast or --forecast-from: both are forecasts")
    }
    guard let season = LoadHistory.Season(rawValue: text) else {
      throw UsageError(
        "flag --forecast-from is \"\(text.prefix(60))\", but has to be one of previous-day,"
          + " previous-week")
    }
    return season
  }

  func period() throws(UsageError) -> (from: Instant?, to: Instant?) {
    var from: Instant?
    var to: Instant?
    if let text = value(.from) { from = try CommandInput.time(text, flag: "from", now: now) }
    if let text = value(.to) { to = try CommandInput.time(text, flag: "to", now: now) }
    if let from, let to, from >= to {
      throw UsageError("the period is reversed: it begins \(from.rfc3339) and ends \(to.rfc3339)")
    }
    return (from, to)
  }

  /// What the load does between two samples.
  private func shape() throws(UsageError) -> LoadShape {
    let text = flags.valueOrDefault(.betweenSamples)
    guard let shape = LoadShape(rawValue: text) else {
      throw UsageError(
        "flag --between-samples is \"\(text.prefix(60))\", but has to be linear or held")
    }
    return shape
  }

  func history(from: Instant?, to: Instant?) throws -> LoadHistory {
    let shape = try shape()
    if let path = value(.load) {
      guard value(.prometheus) == nil else {
        throw UsageError("give either --load or --prometheus: both are the load")
      }
      return try CommandInput.history(path, shape: shape)
    }
    guard let address = value(.prometheus) else {
      throw UsageError("backtest needs a load: --load=FILE, or --prometheus=URL with --query")
    }
    guard let query = value(.query), let from, let to else {
      throw UsageError("flag --prometheus needs --query, --from and --to beside it")
    }
    let range = PrometheusRange(
      address: try CommandInput.address(address), query: query, from: from, to: to,
      step: try duration(.step, atLeast: .seconds(1)))
    return try CommandInput.history(range, shape: shape) {
      LoadHistory.Sample(at: $0.at, value: max($0.value, 0))
    }
  }

  /// The part of the load that is tested: a simulated forecast needs a season before it.
  func testedPeriod(
    _ period: (from: Instant?, to: Instant?), of history: LoadHistory, season: LoadHistory.Season?
  ) throws(UsageError) -> (from: Instant, to: Instant) {
    var start = history.start
    if let season { start = start.advanced(by: season.length) }
    let from = max(period.from ?? start, start)
    let to = min(period.to ?? history.end, history.end)
    guard from < to else {
      let needed = season.map { ", the first \($0.length.text) of which the forecast needs" } ?? ""
      throw UsageError(
        "the load is of \(history.start.rfc3339) to \(history.end.rfc3339)\(needed): that leaves"
          + " nothing to test")
    }
    return (from, to)
  }
}
