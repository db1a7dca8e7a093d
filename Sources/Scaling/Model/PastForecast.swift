package import Time

/// One bucket of the past: what a built-in forecast had said of it one bucket before, and what came.
package struct PastForecast: Hashable, Sendable {
  package var at: Instant
  /// Nil is a bucket without a value.
  package var came: Double?
  /// The median; nil before anything was forecast.
  package var expected: Double?
  /// The quantile.
  package var asked: Double?

  package init(at: Instant, came: Double?, expected: Double?, asked: Double?) {
    self.at = at
    self.came = came
    self.expected = expected
    self.asked = asked
  }
}
