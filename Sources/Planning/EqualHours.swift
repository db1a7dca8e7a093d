internal import Scaling

/// An HPA alone that costs as many replica-hours as the policy: its target is lowered or raised until
/// it does. Without it every saving, and every rescue, looks free.
package struct EqualHours {
  /// The load per replica that it was given as its target.
  package let target: Double
  package let outcome: Backtest.Outcome
  /// Whether no target makes its hours the policy's, to a twentieth: an HPA keeps at least one
  /// replica, and both have limits.
  package let isFarOff: Bool

  /// Halvings of the search, at most: the hours differ by far less than a thousandth then.
  private static let halvings = 18
  /// Targets are searched from this part to as many times what one replica carries.
  private static let range = 1.0 / 64
  /// Hours that differ by this part are equal.
  private static let precision = 0.0002

  /// - Parameter hours: the policy's.
  init(
    hours: Double, replay: Replay, settings: Backtest.Settings,
    progress: (Double) -> Void = { _ in }
  ) {
    func distance(_ outcome: Backtest.Outcome) -> Double {
      abs(outcome.account.replicaHours - hours)
    }
    // The hours fall as the target rises; halved in logarithms.
    var low = Self.range
    var high = 1 / Self.range
    var best = (factor: 1.0, outcome: replay.alone(settings: settings))
    for step in 0..<Self.halvings where distance(best.outcome) > hours * Self.precision {
      let middle = (low * high).squareRoot()
      let outcome = replay.alone(factor: middle, settings: settings)
      if distance(outcome) < distance(best.outcome) { best = (middle, outcome) }
      if outcome.account.replicaHours > hours { low = middle } else { high = middle }
      progress(Double(step + 1) / Double(Self.halvings))
    }
    target = settings.perReplica * best.factor
    outcome = best.outcome
    isFarOff = distance(best.outcome) > hours * 0.05
  }
}
