/// How one built-in forecast does, as its metrics show it.
package struct ForecastSample: Hashable, Sendable {
  package var signal: String
  package var quantile: Double
  /// Of the next bucket, in the unit of the query: the median, and the quantile.
  package var expected: Double
  package var atMost: Double
  /// 0 to 1; nil before anything was forecast.
  package var kept: Double?
  /// Nil before it was compared for long enough.
  package var skill: Double?
  /// Who makes the forecast, one of `models`.
  package var charge: String
  package var missing: Int

  /// Who can make one.
  package static let models = ["regression", "last value", "yesterday", "last week"]

  package init(
    signal: String, quantile: Double, expected: Double, atMost: Double, kept: Double?,
    skill: Double?, charge: String, missing: Int
  ) {
    self.signal = signal
    self.quantile = quantile
    self.expected = expected
    self.atMost = atMost
    self.kept = kept
    self.skill = skill
    self.charge = charge
    self.missing = missing
  }
}
