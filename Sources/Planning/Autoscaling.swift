internal import Scaling

/// A workload that follows one metric, through KEDA or an HPA alone.
struct Autoscaling<Metric: AutoscalerMetric> {
  /// KEDA's `pollingInterval` and `cooldownPeriod`, in seconds (C1, C20).
  static var pollingInterval: Int { 30 }
  static var cooldown: Int { 300 }

  private var metric: Metric
  private let settings: Backtest.Settings
  private var autoscaler: HorizontalAutoscaler
  private var lastActive = 0

  init(metric: Metric, settings: Backtest.Settings) {
    self.metric = metric
    self.settings = settings
    autoscaler = HorizontalAutoscaler(
      minReplicas: settings.minReplicas, maxReplicas: settings.maxReplicas,
      tolerance: settings.tolerance)
  }

  /// Follows the metric over the whole period.
  ///
  /// It begins with as many pods as are needed then, within the bounds, all of which serve.
  mutating func run(
    over demand: DemandTrack, grid: SecondGrid, progress: (Double) -> Void
  ) -> Backtest.Outcome {
    var outcome = Backtest.Outcome()
    let needed = demand.pieces.first?.needed ?? 0
    var pods = PodPool(
      startup: Int(settings.startup.components.seconds),
      ready: min(max(needed, autoscaler.minReplicas), autoscaler.maxReplicas))
    outcome.replicas.append(Double(pods.total), at: grid.from)

    var nextTick = 0
    for (index, piece) in demand.pieces.enumerated() {
      var second = piece.from
      while second < piece.to {
        if second == nextTick {
          let replicas = ticked(at: second, current: pods.total)
          if replicas != pods.total {
            pods.scaled(to: replicas, at: second)
            if piece.needed != nil { outcome.account.scaled() }
            outcome.replicas.append(Double(replicas), at: grid.instant(second))
          }
          nextTick = self.nextTick(after: second, current: replicas)
        }
        let serving = pods.serving(at: second)
        let next = min(piece.to, nextTick, pods.nextReady ?? .max)
        if let needed = piece.needed, let load = piece.load {
          outcome.account.passed(
            seconds: next - second, from: grid.instant(second), needed: needed, serving: serving,
            replicas: pods.total, load: load, perReplica: settings.perReplica)
        }
        second = next
      }
      if index % 256 == 0 { progress(Double(piece.to) / Double(max(grid.end, 1))) }
    }
    return outcome
  }

  /// A sync of the HPA, and a poll of KEDA at every second one.
  private mutating func ticked(at second: Int, current: Int) -> Int {
    guard let total = metric.value(at: second) else { return current }
    var replicas = current
    if settings.minReplicas == 0, Metric.scalesToZero,
      second.isMultiple(of: Self.pollingInterval)
    {
      if total > 0 {
        lastActive = second
        if replicas == 0 { replicas = 1 }
      } else if second - lastActive >= Self.cooldown {
        return 0
      }
    }
    // An HPA leaves a workload without replicas alone.
    guard replicas > 0 else { return 0 }
    return autoscaler.synced(
      total: total, target: metric.target, current: replicas, at: second)
  }

  /// The next sync that can change anything.
  private mutating func nextTick(after second: Int, current: Int) -> Int {
    let period = HorizontalAutoscaler.syncPeriod
    guard let total = metric.value(at: second) else {
      // Without a metric nothing is done, until there is one.
      return tick(notBefore: max(metric.nextChange, second + period))
    }
    guard isSettled(total: total, current: current) else { return second + period }
    let next = tick(notBefore: max(metric.nextChange, second + period))
    let last = next - period
    if current > 0 { autoscaler.skipped(to: last) }
    if total > 0 { lastActive = last / Self.pollingInterval * Self.pollingInterval }
    return next
  }

  private func tick(notBefore second: Int) -> Int {
    let period = HorizontalAutoscaler.syncPeriod
    return (second + period - 1) / period * period
  }

  private func isSettled(total: Double, current: Int) -> Bool {
    if settings.minReplicas == 0, Metric.scalesToZero, total == 0 || current == 0 {
      return total == 0 && current == 0
    }
    return autoscaler.isSettled(total: total, target: metric.target, current: current)
  }
}
