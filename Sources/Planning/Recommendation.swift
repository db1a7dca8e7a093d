internal import Forecasting
package import Scaling
package import Time

/// Which policy to have for a load: each candidate is made of the first part of a history and tested on
/// the rest.
package struct Recommendation {
  /// What is asked for.
  package struct Wish: Hashable, Sendable {
    /// The data source's name in the manifest.
    package var source: String
    package var query: String
    package var perReplica: Double
    package var startup: Duration
    /// The share of the time that may be short, 0 to 1.
    package var atMostShort: Double
    /// IANA name.
    package var timeZone: String
    /// Nil to try a few out.
    package var leadTime: Duration?
    package var minReplicas: Int
    /// Nil for half as many again as were ever needed.
    package var maxReplicas: Int?
    /// The HPA's.
    package var tolerance: Double

    package init(
      source: String, query: String, perReplica: Double, startup: Duration, atMostShort: Double,
      timeZone: String, leadTime: Duration?, minReplicas: Int, maxReplicas: Int?,
      tolerance: Double = Backtest.Settings.defaultTolerance
    ) {
      self.source = source
      self.query = query
      self.perReplica = perReplica
      self.startup = startup
      self.atMostShort = atMostShort
      self.timeZone = timeZone
      self.leadTime = leadTime
      self.minReplicas = minReplicas
      self.maxReplicas = maxReplicas
      self.tolerance = tolerance
    }
  }

  /// A policy that is tried out, from the simplest kind to the others.
  package enum Candidate: Hashable, Sendable {
    /// The query, with pods that start when they are needed.
    case live
    /// A calendar that is enough for this share of hours.
    case calendar(share: Double, leadTime: Duration)
    case forecast(quantile: Double, leadTime: Duration)
  }

  package let wish: Wish
  package let history: LoadHistory
  /// Where the test begins.
  package let testedFrom: Instant
  package let comparison: Comparison
  package let chosen: Candidate
  /// How the chosen one fared.
  package let row: Comparison.Row
  /// Whether it is short for at most what may be.
  package let keepsPromise: Bool
  package let settings: Backtest.Settings

  /// What a manifest may ask for.
  package static let mostReplicas = 1_000_000
  /// A simpler candidate may cost this part more.
  private static let patience = 0.02
  private static let quantiles = [0.5, 0.8, 0.9, 0.95, 0.99]
  private static let shares = [0.75, 1]
  private static let leadTimes: [Duration] = [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400]
    .map { .seconds($0) }

  /// - Parameters:
  ///   - zone: That of the wish.
  ///   - walk: Walks a built-in forecast over the history.
  ///   - progress: Called now and then with the part of the work that is done, 0 to 1.
  /// - Throws: `InvalidHistory` for less than two days or more replicas than a policy may have, `UnknownTimeZone`, and what `walk` throws.
  package init(
    _ wish: Wish, over history: LoadHistory, zone: any TimeZoneRules, zones: any TimeZoneDatabase,
    walk: (BuiltInForecast) throws -> WalkedForecast, progress: (Double) -> Void = { _ in }
  ) throws {
    let length = history.start.duration(to: history.end)
    guard length >= .seconds(2 * 86_400) else {
      throw InvalidHistory(
        "a recommendation needs a history of at least 2 days, found \(length.wholeSecondsText)")
    }
    // Half of it teaches, half of it tests.
    let testedFrom = history.start.advanced(by: .milliseconds(length.milliseconds / 2))
    var settings = Backtest.Settings(
      from: testedFrom, to: history.end, perReplica: wish.perReplica, startup: wish.startup,
      minReplicas: wish.minReplicas, tolerance: wish.tolerance)
    let most = DemandTrack.needed(for: history.series.maximum, perReplica: wish.perReplica)
    guard most <= Self.mostReplicas else {
      throw InvalidHistory(
        "the highest load is \(NumberFormat.plain(history.series.maximum)), which is more than"
          + " \(Self.mostReplicas) replicas of \(NumberFormat.exact(wish.perReplica)): is --per-replica"
          + " in the unit of the query?")
    }
    let room = min(Int((Double(most) * 1.5).rounded(.up)), Self.mostReplicas)
    settings.maxReplicas = wish.maxReplicas ?? max(room, wish.minReplicas, 1)
    var comparison = Comparison(
      over: history.series, observed: history.series, sweeps: [], settings: settings)
    let candidates = Self.candidates(wish)
    for (index, candidate) in candidates.enumerated() {
      let policy = Self.policy(
        candidate, wish, settings, history: history, learntUntil: testedFrom, zone: zone)
      var walked: [String: WalkedForecast] = [:]
      for signal in policy.signals {
        guard case .forecast(let forecast) = signal.kind, let model = forecast.builtIn else {
          continue
        }
        walked[signal.name] = try walk(model)
      }
      try comparison.add(
        PolicySweep.Variant(policy: policy, values: [], label: candidate.name), walked: walked,
        settings: settings, zones: zones)
      progress(Double(index + 1) / Double(candidates.count + 1))
    }
    let rows = comparison.rows
    let index = Self.choice(candidates, rows, comparison, atMostShort: wish.atMostShort)
    chosen = candidates[index]
    keepsPromise = comparison.share(of: rows[index].account) <= wish.atMostShort
    row = rows[index]
    comparison.finish()
    progress(1)
    self.wish = wish
    self.history = history
    self.testedFrom = testedFrom
    self.comparison = comparison
    self.settings = settings
  }

  /// The policy to have, made of the whole history.
  package func policy(zone: any TimeZoneRules) -> Policy {
    Self.policy(chosen, wish, settings, history: history, learntUntil: history.end, zone: zone)
  }

  // MARK: Candidates

  private static func candidates(_ wish: Wish) -> [Candidate] {
    // Time for the pods to start, and as much again for a poll, a sync and what comes sooner.
    let usual = leadTimes.filter { $0 >= wish.startup * 2 }.prefix(3)
    let leads = wish.leadTime.map { [$0] } ?? (usual.isEmpty ? [wish.startup * 2] : Array(usual))
    var candidates = [Candidate.live]
    for share in shares { candidates.append(.calendar(share: share, leadTime: leads[0])) }
    for leadTime in leads where ForecastParameters.defaultStep(leadTime: leadTime) != nil {
      for quantile in quantiles {
        candidates.append(.forecast(quantile: quantile, leadTime: leadTime))
      }
    }
    return candidates
  }

  private static func policy(
    _ candidate: Candidate, _ wish: Wish, _ settings: Backtest.Settings, history: LoadHistory,
    learntUntil: Instant, zone: any TimeZoneRules
  ) -> Policy {
    let query = PrometheusSignal(
      source: wish.source, query: wish.query, threshold: wish.perReplica)
    var policy = Policy(
      name: ResourceName(name: "recommended"), leadTime: .zero,
      limits: ReplicaLimits(
        minReplicas: settings.minReplicas, maxReplicas: settings.maxReplicas),
      signals: [Signal(name: "live", kind: .prometheus(query))])
    switch candidate {
    case .live: break
    case .calendar(let share, let leadTime):
      policy.leadTime = leadTime
      let calendar = LoadCalendar(
        of: history.series, from: history.start, to: learntUntil, perReplica: wish.perReplica,
        share: share, zone: zone)
      policy.signals.append(
        Signal(
          name: "calendar",
          kind: .schedule(Schedule(timeZone: wish.timeZone, rules: calendar.rules))))
    case .forecast(let quantile, let leadTime):
      policy.leadTime = leadTime
      let model = BuiltInForecast(
        source: wish.source, query: wish.query, threshold: wish.perReplica, quantile: quantile,
        step: ForecastParameters.defaultStep(leadTime: leadTime) ?? .seconds(3600),
        leadTime: leadTime, timeZone: wish.timeZone)
      policy.signals.append(
        Signal(name: "predicted", kind: .forecast(ForecastSignal(model))))
    }
    return policy
  }

  /// The cheapest that keeps the promise, or a simpler one that costs hardly more; where none keeps it,
  /// the one that is short least often.
  private static func choice(
    _ candidates: [Candidate], _ rows: [Comparison.Row], _ comparison: Comparison,
    atMostShort: Double
  ) -> Int {
    let kept = rows.indices.filter { comparison.share(of: rows[$0].account) <= atMostShort }
    guard let least = kept.map({ rows[$0].account.replicaHours }).min() else {
      return rows.indices.min {
        rows[$0].account.underProvisioned < rows[$1].account.underProvisioned
      } ?? 0
    }
    let affordable = kept.filter { rows[$0].account.replicaHours <= least * (1 + patience) }
    return affordable.min {
      (candidates[$0].complexity, rows[$0].account.replicaHours)
        < (candidates[$1].complexity, rows[$1].account.replicaHours)
    } ?? 0
  }
}

extension Recommendation.Candidate {
  /// In a table.
  var name: String {
    switch self {
    case .live: "live query alone"
    case .calendar(let share, _): "calendar for \(NumberFormat.plain(share * 100)) % of such hours"
    case .forecast(let quantile, let leadTime):
      "forecast, quantile \(NumberFormat.plain(quantile)), lead time \(leadTime.text)"
    }
  }

  fileprivate var complexity: Int {
    switch self {
    case .live: 0
    case .calendar: 1
    case .forecast: 2
    }
  }
}
