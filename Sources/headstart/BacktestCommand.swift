internal import CivilTime
internal import Configuration
internal import DataSources
internal import Glibc
internal import Manifests
internal import Planning
internal import Scaling
internal import Telemetry

/// `headstart backtest`: replays a policy over a load that was measured.
struct BacktestCommand {
  private let flags: FlagParser<BacktestFlag>
  private let zones = CCTZDatabase()
  private let now = WallClock.now()

  /// The distance of the samples from Prometheus, where `--step` does not say it.
  private static let defaultStep = Duration.seconds(60)

  init(_ arguments: ArraySlice<String>) throws(UsageError) {
    flags = try FlagParser<BacktestFlag>(arguments, switches: BacktestFlag.switches)
  }

  /// - Returns: the exit code.
  func run() throws -> Int32 {
    guard !flags.asksForHelp else {
      Command.write(Usage.backtest, to: STDOUT_FILENO)
      return 0
    }
    guard !flags.operands.isEmpty else {
      throw UsageError(
        "backtest needs a manifest and a load: headstart backtest FILE… --load=FILE")
    }
    let policy = try policy()
    let perReplica = try perReplica(of: policy)
    let limits = try limits(of: policy)
    let startup = try duration(.startup, atLeast: .zero) ?? Backtest.Settings.defaultStartup
    let tolerance = try tolerance()
    let season = try season()
    let period = try period()
    let history = try history(from: period.from, to: period.to)
    let (from, to) = try testedPeriod(period, of: history, season: season)
    let backtest = try backtest(
      policy, over: history, season: season,
      Backtest.Settings(
        from: from, to: to, perReplica: perReplica, startup: startup, minReplicas: limits.min,
        maxReplicas: limits.max, tolerance: tolerance))

    if let path = value(.svg) {
      try Command.write(chart(of: backtest, policy: policy).text, toFile: path)
    }
    Command.write(
      flags.isOn(.json)
        ? json(of: backtest, policy: policy, history: history)
        : text(of: backtest, policy: policy, history: history),
      to: STDOUT_FILENO)
    return 0
  }

  // MARK: Input

  private func value(_ flag: BacktestFlag) -> String? {
    flags.values[flag]?.last
  }

  private func duration(
    _ flag: BacktestFlag, atLeast least: Duration
  ) throws(UsageError) -> Duration? {
    guard let text = value(flag) else { return nil }
    return try CommandInput.duration(text, flag: flag.rawValue, atLeast: least)
  }

  private func policy() throws -> Policy {
    let policies = try CommandInput.choose(
      value(.policy),
      among: try CommandInput.policies(
        paths: flags.operands, leadTime: try duration(.leadTime, atLeast: .zero), zones: zones,
        now: now))
    guard policies.count == 1 else {
      throw UsageError(
        "a backtest is of one policy, and \(CommandInput.list(policies)): name one with --policy")
    }
    return policies[0]
  }

  private func perReplica(of policy: Policy) throws(UsageError) -> Double {
    if let text = value(.perReplica) {
      return try CommandInput.number(text, flag: "per-replica")
    }
    for signal in policy.signals {
      if case .prometheus(let query) = signal.kind, query.switchedTo == nil {
        return query.threshold
      }
    }
    throw UsageError(
      "the policy \(policy.name) has no query whose threshold says how much load one replica"
        + " carries: say it with --per-replica")
  }

  private func limits(of policy: Policy) throws(UsageError) -> (min: Int, max: Int) {
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

  private func tolerance() throws(UsageError) -> Double {
    guard let text = value(.tolerance) else { return Backtest.Settings.defaultTolerance }
    return try CommandInput.number(text, flag: "tolerance", orZero: true)
  }

  private func season() throws(UsageError) -> LoadHistory.Season? {
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

  private func period() throws(UsageError) -> (from: Instant?, to: Instant?) {
    var from: Instant?
    var to: Instant?
    if let text = value(.from) { from = try CommandInput.time(text, flag: "from", now: now) }
    if let text = value(.to) { to = try CommandInput.time(text, flag: "to", now: now) }
    if let from, let to, from >= to {
      throw UsageError("the period is reversed: it begins \(from.rfc3339) and ends \(to.rfc3339)")
    }
    return (from, to)
  }

  private func history(from: Instant?, to: Instant?) throws -> LoadHistory {
    if let path = value(.load) {
      guard value(.prometheus) == nil else {
        throw UsageError("give either --load or --prometheus: both are the load")
      }
      return try CommandInput.history(path)
    }
    guard let address = value(.prometheus) else {
      throw UsageError("backtest needs a load: --load=FILE, or --prometheus=URL with --query")
    }
    guard let query = value(.query), let from, let to else {
      throw UsageError("flag --prometheus needs --query, --from and --to beside it")
    }
    if let problem = AddressProblem(of: address) {
      throw UsageError("flag --prometheus: \(problem.sentence)")
    }
    let range = PrometheusRange(
      address: address, query: query, from: from, to: to,
      step: try duration(.step, atLeast: .seconds(1)) ?? Self.defaultStep)
    let bar = ProgressBar("fetching")
    defer { bar.end() }
    do {
      let points = try range.fetch(userAgent: "headstart/\(Version.number)") {
        bar.advance(to: $0)
      }
      return try LoadHistory(
        samples: points.map { LoadHistory.Sample(at: $0.at, value: max($0.value, 0)) })
    } catch let error as InvalidHistory {
      throw UsageError("the query's history cannot be used: \(error)")
    } catch PrometheusRange.Failure.unreachable(let sentence) {
      throw UnreachableServer(sentence: sentence)
    }
  }

  /// The part of the load that is tested: a simulated forecast needs a season before it.
  private func testedPeriod(
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

  private func backtest(
    _ policy: Policy, over history: LoadHistory, season: LoadHistory.Season?,
    _ settings: Backtest.Settings
  ) throws -> Backtest {
    var forecasts = try CommandInput.forecasts(files: flags.values[.forecast] ?? [], of: [policy])
    for signal in policy.signals {
      guard case .forecast(let forecast) = signal.kind, forecasts[signal.name] == nil else {
        continue
      }
      guard let season else {
        throw UsageError(
          "the signal \(signal.name) is a forecast of \"\(forecast.workload)\": give it with"
            + " --forecast=FILE, or simulate it with --forecast-from=previous-week")
      }
      forecasts[signal.name] = try history.forecast(from: season, perReplica: settings.perReplica)
    }
    let bar = ProgressBar("replaying")
    defer { bar.end() }
    return try Backtest(
      of: policy, over: history.series, forecasts: forecasts, settings: settings, zones: zones
    ) { bar.advance(to: $0) }
  }
}
