/// What a forecaster is made for. Two policies that agree in all of it, in the query and in the zone
/// share one.
package struct ForecastParameters: Hashable, Sendable {
  /// Δ, the length of a bucket.
  package let step: Duration
  /// The load that one replica carries, above 0.
  package let threshold: Double
  /// How many buckets are forecast, 1...32.
  package let horizons: Int
  /// The share of time in which the forecast is to be enough, 0.5...0.99.
  package let quantile: Double
  /// Whether a sudden zero is an outage, and not learnt.
  package let ignoresOutages: Bool
  /// Only tests set another one than the specification's.
  var auditMargin = Tuning.auditMargin

  /// The lengths that a bucket can have.
  package static let steps: [Duration] = [60, 120, 180, 300, 600, 900, 1800, 3600]
    .map { .seconds($0) }
  /// How many steps a lead time may have.
  package static let longestLead = 24
  /// The quantiles that can be asked for.
  package static let quantiles = 0.5...0.99

  /// - Parameters:
  ///   - step: one of `steps`; nil for `defaultStep`.
  ///   - leadTime: above 0, at most 24 steps.
  ///   - threshold: finite and above 0.
  ///   - extraHorizons: buckets beyond the lead time. Three keep the window covered until the refresh
  ///     after next (forecast specification, step 7 of `forecast`).
  /// - Returns: nil where an argument is out of its range.
  package init?(
    step: Duration?, leadTime: Duration, threshold: Double, quantile: Double,
    ignoresOutages: Bool = true, extraHorizons: Int = 3
  ) {
    guard leadTime > .zero, let step = step ?? Self.defaultStep(leadTime: leadTime),
      Self.steps.contains(step), leadTime <= step * Self.longestLead,
      threshold > 0, threshold.isFinite, Self.quantiles.contains(quantile),
      (0...3).contains(extraHorizons)
    else { return nil }
    var horizons = 1
    while step * horizons < leadTime { horizons += 1 }
    self.step = step
    self.threshold = threshold
    self.horizons = horizons + extraHorizons
    self.quantile = quantile
    self.ignoresOutages = ignoresOutages
  }

  /// The largest step of at most half the lead time and at most 15 minutes, at least a minute; larger
  /// where the lead time would have more than 24 of them. Nil for a lead time above 24 hours.
  package static func defaultStep(leadTime: Duration) -> Duration? {
    let usual = steps.last { $0 * 2 <= leadTime && $0 <= .seconds(900) } ?? steps[0]
    return steps.first { $0 >= usual && leadTime <= $0 * longestLead }
  }

  var grid: BucketGrid {
    BucketGrid(seconds: Int(step.components.seconds), horizons: horizons)
  }
}
