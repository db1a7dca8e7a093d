internal import Scaling
internal import Time

/// What makes the figures of a backtest mean less than they seem to.
struct BacktestWarnings {
  let history: LoadHistory
  let settings: Backtest.Settings
  /// How many replicas are needed at most, at any time.
  let mostNeeded: Int

  /// One sentence each.
  ///
  /// - Parameter triesThresholds: whether thresholds are changed on purpose.
  func of(_ policy: Policy, triesThresholds: Bool = false) -> [String] {
    var warnings = ofLoad
    if !triesThresholds { warnings += policy.signals.compactMap(ofThreshold) }
    let most = min(policy.limits.maxReplicas ?? settings.maxReplicas, settings.maxReplicas)
    if mostNeeded > most {
      warnings.append(
        "Up to \(mostNeeded) replicas are needed, and \(policy.name) may have \(most) at most: no"
          + " policy can serve the rest.")
    }
    return warnings
  }

  /// Of the load, whatever the policy is.
  var ofLoad: [String] {
    guard settings.startup > .zero, history.step > settings.startup * 5 else { return [] }
    return [
      "The load has a sample every \(history.step.text), and a pod starts in \(settings.startup.text):"
        + " what happens between two samples is not seen."
    ]
  }

  private func ofThreshold(_ signal: Signal) -> String? {
    let threshold: Double? =
      switch signal.kind {
      case .prometheus(let query): query.switchedTo == nil ? query.threshold : nil
      case .forecast(let forecast): forecast.builtIn?.threshold
      case .schedule: nil
      }
    guard let threshold, threshold != settings.perReplica else { return nil }
    return
      "\(signal.name) counts \(NumberFormat.plain(threshold)) a replica, and --per-replica says"
      + " \(NumberFormat.plain(settings.perReplica))."
  }
}
