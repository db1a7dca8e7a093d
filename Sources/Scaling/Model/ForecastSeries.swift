package import Time

/// A forecaster's snapshot: a step series of desired replicas.
///
/// `replicas[i]` holds on [generatedAt + i·step, generatedAt + (i+1)·step) (design section 1).
package struct ForecastSeries: Hashable, Sendable {
  package var generatedAt: Instant
  /// Whole milliseconds, above 0.
  package var step: Duration
  /// At least one, each 0 or more.
  package var replicas: [Int]
  /// The load of each step, where the snapshot says it and a signal asks for it; else empty. Finite, 0
  /// or more, as many as `replicas`.
  package var loads: [Double] = []

  /// Trusts its arguments: the forecaster client has checked them.
  package init(generatedAt: Instant, step: Duration, replicas: [Int]) {
    self.generatedAt = generatedAt
    self.step = step
    self.replicas = replicas
  }
}
