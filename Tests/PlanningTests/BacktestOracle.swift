internal import Planning
internal import Scaling
internal import TestKit
internal import Time

/// The simulation of docs/internals/simulation.md, read literally: looks at every second.
///
/// Right for loads and policies on whole seconds only.
struct BacktestOracle {
  let policy: Policy
  let history: LoadHistory
  let forecasts: [String: ForecastSeries]
  let settings: Backtest.Settings
  /// How much later than the load its metrics show it, in whole seconds.
  let delay: Duration

  struct Account: Equatable {
    var underProvisioned = 0
    var replicaSeconds = 0
    var worstShortfall = 0
    var scalings = 0
    var longestShortage = 0
    /// Of the episode with the most load unserved: how long it was, and that load times seconds.
    var worstEpisode = 0
    var worstUnserved = 0.0
    /// The part of the whole load that was not served.
    var unservedShare = 0.0

    /// Sums over pieces and over seconds differ in their last digits.
    static func == (left: Account, right: Account) -> Bool {
      func isNear(_ one: Double, _ other: Double) -> Bool {
        abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1e-3)
      }
      return left.underProvisioned == right.underProvisioned
        && left.replicaSeconds == right.replicaSeconds
        && left.worstShortfall == right.worstShortfall && left.scalings == right.scalings
        && left.longestShortage == right.longestShortage
        && left.worstEpisode == right.worstEpisode
        && isNear(left.worstUnserved, right.worstUnserved)
        && isNear(left.unservedShare, right.unservedShare)
    }
  }

  /// Pods by the second in which each becomes ready, the oldest first.
  private struct Workload {
    var pods: [Int]
    var account = Account()
    var recommendations: [(second: Int, replicas: Int)] = []
    private var load = 0.0
    private var unserved = 0.0
    private var episode = (seconds: 0, unserved: 0.0)
    private var worst = (seconds: 0, unserved: -1.0)

    init(pods: [Int]) {
      self.pods = pods
    }

    mutating func scale(to replicas: Int, at second: Int, startup: Int, counts: Bool) {
      guard replicas != pods.count else { return }
      if counts { account.scalings += 1 }
      while pods.count > replicas { pods.removeLast() }
      while pods.count < replicas { pods.append(second + startup) }
    }

    /// One sync of the HPA, as its controller's code reads.
    mutating func sync(
      total: Double, target: Double, second: Int, least: Int, most: Int, tolerance: Double
    ) -> Int {
      let current = pods.count
      var desired = current
      if abs(1 - total / (target * Double(current))) > tolerance {
        desired = Int((total / target).rounded(.up))
      }
      recommendations.append((second, desired))
      let recent = recommendations.filter { $0.second > second - 300 }.map(\.replicas).max() ?? 0
      var next = current
      if desired > current { next = desired }
      if current > recent { next = recent }
      next = min(next, max(current + 4, 2 * current))
      return min(max(next, least), most)
    }

    mutating func count(needed: Int?, load: Double?, perReplica: Double, second: Int) {
      guard let needed, let load else {
        episode = (0, 0)
        return
      }
      let serving = pods.count { $0 <= second }
      account.replicaSeconds += pods.count
      self.load += load
      defer { account.unservedShare = self.load > 0 ? unserved / self.load : 0 }
      guard serving < needed else {
        episode = (0, 0)
        return
      }
      unserved += load - Double(serving) * perReplica
      episode.seconds += 1
      episode.unserved += load - Double(serving) * perReplica
      account.longestShortage = max(account.longestShortage, episode.seconds)
      if episode.unserved > worst.unserved + 1e-6 {
        worst = episode
        account.worstEpisode = worst.seconds
        account.worstUnserved = worst.unserved
      }
      account.underProvisioned += 1
      account.worstShortfall = max(account.worstShortfall, needed - serving)
    }
  }

  func accounts() throws -> (policy: Account, reactive: Account, oracle: Account) {
    let seconds = Int(settings.from.duration(to: settings.to).components.seconds)
    let startup = Int(settings.startup.components.seconds)
    let least = max(settings.minReplicas, 1)
    let most = settings.maxReplicas
    let timelines = try timelines()
    let start = min(max(needed(at: settings.from) ?? 0, least), most)
    var scaled = Workload(pods: Array(repeating: 0, count: start))
    var alone = scaled
    var perfect = Account()
    var lastNeeded: Int?
    var memory = Decision.Memory()
    var lastActive = 0
    for second in 0..<seconds {
      let now = settings.from + .seconds(second)
      let load = self.load(at: now)
      let needed = needed(at: now)
      let decision = Evaluator.decide(
        ageless, readings: readings(at: now, timelines), memory: memory, at: now)
      memory = decision.memory

      if second % 30 == 0, settings.minReplicas == 0, let replicas = decision.replicas {
        if replicas > 0 {
          lastActive = second
          if scaled.pods.isEmpty {
            scaled.scale(to: 1, at: second, startup: startup, counts: false)
            // One change of the count, whatever the HPA makes of it in the same second.
            var after = scaled
            let next = after.sync(
              total: Double(replicas), target: 1, second: second, least: least, most: most,
              tolerance: settings.tolerance)
            scaled.recommendations = after.recommendations
            scaled.scale(to: next, at: second, startup: startup, counts: false)
            if needed != nil { scaled.account.scalings += 1 }
          } else {
            sync(&scaled, Double(replicas), 1, second, startup, needed)
          }
        } else if second - lastActive >= 300 {
          scaled.scale(to: 0, at: second, startup: startup, counts: needed != nil)
        } else if !scaled.pods.isEmpty {
          sync(&scaled, Double(replicas), 1, second, startup, needed)
        }
      } else if second % 15 == 0, let replicas = decision.replicas, !scaled.pods.isEmpty {
        sync(&scaled, Double(replicas), 1, second, startup, needed)
      }
      if second % 15 == 0, let shown = self.load(at: now - delay) {
        sync(&alone, shown, settings.perReplica, second, startup, needed)
      }

      scaled.count(
        needed: needed, load: load, perReplica: settings.perReplica, second: second)
      alone.count(needed: needed, load: load, perReplica: settings.perReplica, second: second)
      if let needed {
        perfect.replicaSeconds += needed
        if let lastNeeded, lastNeeded != needed { perfect.scalings += 1 }
        lastNeeded = needed
      }
    }
    return (scaled.account, alone.account, perfect)
  }

  private func sync(
    _ workload: inout Workload, _ total: Double, _ target: Double, _ second: Int, _ startup: Int,
    _ needed: Int?
  ) {
    let next = workload.sync(
      total: total, target: target, second: second, least: max(settings.minReplicas, 1),
      most: settings.maxReplicas, tolerance: settings.tolerance)
    workload.scale(to: next, at: second, startup: startup, counts: needed != nil)
  }

  // MARK: Inputs

  private func needed(at now: Instant) -> Int? {
    load(at: now).map { Int(($0 / settings.perReplica).rounded(.up)) }
  }

  /// A sample stands for one step, and for three while the next is late. In a straight line, every 15 s.
  private func load(at now: Instant) -> Double? {
    guard let index = history.samples.lastIndex(where: { $0.at <= now }) else { return nil }
    let sample = history.samples[index]
    let isLast = index == history.samples.count - 1
    if history.shape == .linear, !isLast {
      let next = history.samples[index + 1]
      let length = sample.at.duration(to: next.at).components.seconds
      if Duration.seconds(length) <= history.step * 3 {
        let passed = sample.at.duration(to: now).components.seconds / 15 * 15
        return sample.value + (next.value - sample.value) * (Double(passed) / Double(length))
      }
    }
    return now < sample.at + history.step * (isLast ? 1 : 3) ? sample.value : nil
  }

  private var ageless: Policy {
    var policy = policy
    for index in policy.signals.indices {
      guard case .forecast(var forecast) = policy.signals[index].kind else { continue }
      forecast.maxAge = .seconds(1_000_000_000)
      policy.signals[index].kind = .forecast(forecast)
    }
    return policy
  }

  private func timelines() throws -> [ScheduleTimeline?] {
    try policy.signals.map { signal in
      guard case .schedule(let schedule) = signal.kind else { return nil }
      return try schedule.timeline(
        from: settings.from, to: settings.to + .seconds(86_400), zones: zones)
    }
  }

  private func readings(
    at now: Instant, _ timelines: [ScheduleTimeline?]
  ) -> [SignalReading] {
    zip(policy.signals, timelines).map { signal, timeline in
      switch signal.kind {
      case .schedule: return timeline.map { .schedule($0) } ?? .forecast(nil)
      case .forecast:
        return .forecast(
          forecasts[signal.name].map {
            Reading(value: .forecast($0), obtainedAt: $0.generatedAt)
          })
      case .prometheus:
        let up = Reading(value: .sample(1))
        if let value = load(at: now - delay) {
          return .prometheus(Reading(value: .sample(value), obtainedAt: now), uptime: up)
        }
        let last = history.samples.last { $0.at <= now - delay }
        let since = last.map { $0.at + history.step * 3 + delay } ?? now
        return .prometheus(
          Reading(
            value: last.map { .sample($0.value) }, obtainedAt: since,
            failure: Reading.Failure(since: since, message: "lost")), uptime: up)
      }
    }
  }
}
