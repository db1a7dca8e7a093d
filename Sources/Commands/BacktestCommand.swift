internal import CivilTime
internal import Configuration
internal import Glibc
internal import Manifests
internal import Planning
internal import Scaling
internal import Serving
internal import Telemetry
internal import Time

/// `headstart backtest`: replays policies over a load that was measured.
struct BacktestCommand {
  let flags: FlagParser<BacktestFlag>
  let zones = CCTZDatabase()
  let now = WallClock.now()

  init(_ arguments: ArraySlice<String>) throws(UsageError) {
    flags = try FlagParser<BacktestFlag>(arguments)
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
    let policies = try policies()
    let sweeps = try sweeps()
    let perReplica = try perReplica(of: policies)
    let settings = try policies.map { policy throws(UsageError) in
      let limits = try limits(of: policy)
      return Backtest.Settings(
        from: now, to: now, perReplica: perReplica,
        startup: try duration(.startup, atLeast: .zero),
        minReplicas: limits.min, maxReplicas: limits.max, tolerance: try tolerance())
    }
    let season = try season()
    let period = try period()
    let delay = try duration(.observeAfter, atLeast: .zero)
    let history = try history(from: period.from, to: period.to)
    let (from, to) = try testedPeriod(period, of: history, season: season)
    let setup = Setup(
      policies: policies,
      settings: settings.map { settings in
        var tested = settings
        tested.from = from
        tested.to = to
        return tested
      }, history: history, delay: delay, season: season)
    guard policies.count == 1, sweeps.isEmpty else {
      try compare(setup, sweeps)
      return 0
    }
    try test(policies[0], setup, setup.settings[0])
    return 0
  }

  /// What is replayed over what.
  struct Setup {
    let policies: [Policy]
    /// One for each policy.
    let settings: [Backtest.Settings]
    let history: LoadHistory
    /// How much later than the load its metrics show it.
    let delay: Duration
    let season: LoadHistory.Season?

    var observed: StepSeries { history.series.delayed(by: delay) }
  }

  func value(_ flag: BacktestFlag) -> String? {
    flags.values[flag]?.last
  }

  /// Replays one policy, and shows it beside an HPA alone and the oracle.
  private func test(_ policy: Policy, _ setup: Setup, _ settings: Backtest.Settings) throws {
    let learning = ProgressBar("learning")
    let known = try known(of: policy, setup, settings) { learning.advance(to: $0) }
    learning.end()
    let bar = ProgressBar("replaying")
    let backtest = try Backtest(
      of: policy, over: setup.history.series, observed: setup.observed,
      forecasts: known.forecasts, walked: known.walked, settings: settings, zones: zones
    ) { bar.advance(to: $0) }
    bar.end()
    if let path = value(.svg) {
      try Command.write(chart(of: backtest, policy: policy).text, toFile: path)
    }
    Command.write(
      flags.isOn(.json)
        ? json(of: backtest, policy: policy, setup) : text(of: backtest, policy: policy, setup),
      to: STDOUT_FILENO)
  }

  /// Replays policies, each with every combination of the sweeps' values.
  private func compare(_ setup: Setup, _ sweeps: [PolicySweep]) throws {
    var widest = setup.settings[0]
    widest.minReplicas = setup.settings.map(\.minReplicas).min() ?? 0
    widest.maxReplicas = setup.settings.map(\.maxReplicas).max() ?? 1
    var comparison = Comparison(
      over: setup.history.series, observed: setup.observed, sweeps: sweeps, settings: widest)
    var candidates: [(variant: PolicySweep.Variant, settings: Backtest.Settings)] = []
    for (policy, settings) in zip(setup.policies, setup.settings) {
      do {
        candidates += try PolicySweep.variants(of: policy, sweeps).map { ($0, settings) }
      } catch {
        throw UsageError("flag --sweep: \(error)")
      }
    }
    let bar = ProgressBar("comparing")
    defer { bar.end() }
    for (index, (variant, settings)) in candidates.enumerated() {
      // Learning takes about half of the time; the last fifth is for the HPAs at equal hours.
      let part = { (done: Double) in
        bar.advance(to: 0.8 * (Double(index) + done) / Double(candidates.count))
      }
      let known = try known(of: variant.policy, setup, settings) { part($0 / 2) }
      try comparison.add(
        variant, forecasts: known.forecasts, walked: known.walked, settings: settings, zones: zones)
      part(1)
    }
    comparison.finish { bar.advance(to: 0.8 + 0.2 * $0) }
    bar.end()
    if let path = value(.svg) {
      try Command.write(
        FrontChart(comparison, title: title(of: setup.policies)).text, toFile: path)
    }
    Command.write(
      flags.isOn(.json) ? json(of: comparison, setup) : text(of: comparison, setup),
      to: STDOUT_FILENO)
  }

  // MARK: Forecasts

  /// What is known beforehand of a policy's forecasts: from files, from a season before, or by
  /// walking a built-in forecaster over the whole load, what comes before `--from` included.
  private func known(
    of policy: Policy, _ setup: Setup, _ settings: Backtest.Settings,
    progress: (Double) -> Void
  ) throws -> (forecasts: [String: ForecastSeries], walked: [String: WalkedForecast]) {
    var forecasts = try CommandInput.forecasts(files: flags.values[.forecast] ?? [], of: [policy])
    var walked: [String: WalkedForecast] = [:]
    for signal in policy.signals {
      guard case .forecast(let forecast) = signal.kind, forecasts[signal.name] == nil else {
        continue
      }
      if let season = setup.season {
        forecasts[signal.name] = try setup.history.forecast(
          from: season, perReplica: settings.perReplica)
        continue
      }
      guard let model = forecast.builtIn else {
        throw UsageError(
          "the signal \(signal.name) is a forecast"
            + (forecast.workload.map { " of \"\($0)\": give it with --forecast=FILE, or" } ?? ":")
            + " simulate it with --forecast-from=previous-week")
      }
      walked[signal.name] = try CommandInput.walk(
        model, over: setup.history, delay: setup.delay, zones: zones, progress: progress)
    }
    return (forecasts, walked)
  }
}
