package import Scaling

/// What came of one way of scaling, over the time in which the load is known.
package struct BacktestAccount: Hashable, Sendable {
  /// How long fewer pods served than were needed.
  package private(set) var underProvisioned = Duration.zero
  /// Replicas times hours, pods that start included.
  package private(set) var replicaHours = 0.0
  /// The most pods that were missing at once; 0 for never any.
  package private(set) var worstShortfall = 0
  /// When the worst shortfall first occurred.
  package private(set) var worstAt: Instant?
  /// How often the number of replicas was changed.
  package private(set) var scalings = 0

  private var replicaSeconds = 0.0

  package init() {}

  /// Between two events nothing changes.
  mutating func passed(
    seconds: Int, from start: Instant, needed: Int, serving: Int, replicas: Int
  ) {
    replicaSeconds += Double(replicas) * Double(seconds)
    replicaHours = replicaSeconds / 3600
    guard serving < needed else { return }
    underProvisioned += .seconds(seconds)
    if needed - serving > worstShortfall {
      worstShortfall = needed - serving
      worstAt = start
    }
  }

  mutating func scaled() {
    scalings += 1
  }
}
