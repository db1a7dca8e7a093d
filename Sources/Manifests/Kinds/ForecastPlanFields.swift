internal import Scaling

/// The fields of a `forecast` that say how it becomes replicas.
struct ForecastPlanFields {
  private let threshold: ManifestValue?
  private let headroom: ManifestValue?
  private let up: ManifestValue?
  private let down: ManifestValue?

  /// Ten times as much is a mistake.
  private static let headrooms = 1.0...10.0
  private static let factors = 1.01...1000.0
  private static let percents = 1.0...100.0

  init(_ fields: ManifestFields) {
    threshold = fields.optional("threshold")
    headroom = fields.optional("headroom")
    up = fields.optional("upMaxFactorPerStep")
    down = fields.optional("downMaxPercentPerStep")
  }

  /// - Parameter isBuiltIn: whether Headstart makes the forecast itself.
  func decode(isBuiltIn: Bool) -> ForecastPlan {
    var plan = ForecastPlan()
    if let threshold {
      if isBuiltIn {
        threshold.error(
          "belongs to a forecaster's forecast; that of a query is a field of prometheus")
      } else {
        plan.threshold = threshold.number(atLeast: 0, orEqual: false)
      }
    }
    plan.headroom = headroom?.number(in: Self.headrooms) ?? 1
    plan.upMaxFactorPerStep = up?.number(in: Self.factors)
    plan.downMaxPercentPerStep = down?.number(in: Self.percents)
    return plan
  }
}
