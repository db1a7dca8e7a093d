internal import Time

/// How a forecast becomes replicas, as Kedastral's capacity planner has it.
package struct ForecastPlan: Hashable, Sendable {
  /// The load that one replica carries: the forecaster's load series counts then, and not its
  /// replicas. Finite and above 0; nil for a forecast that comes as replicas.
  package var threshold: Double?
  /// By how much more is asked for than is forecast; 1 for no more. The model of a built-in forecast
  /// has it itself, and 1 is here.
  package var headroom = 1.0
  /// By which factor the replicas of a step may be above those of the step before; above 1, nil for
  /// any. A step before of 0 counts as 1.
  package var upMaxFactorPerStep: Double?
  /// By how many per cent they may be below those of the step before, 1...100; nil for any.
  package var downMaxPercentPerStep: Double?

  package init() {}

  /// Whether it changes nothing.
  package var isEmpty: Bool { self == ForecastPlan() }

  /// The replicas that a snapshot asks for.
  func planned(_ series: ForecastSeries) -> ForecastSeries {
    var planned = series
    planned.loads = []
    if let threshold {
      planned.replicas = series.loads.map { load in
        BuiltInForecast.replicas(for: load * headroom, threshold: threshold)
      }
    } else if headroom != 1 {
      planned.replicas = series.replicas.map { Self.whole((Double($0) * headroom)) }
    }
    for index in planned.replicas.indices.dropFirst() {
      planned.replicas[index] = clamped(
        planned.replicas[index], after: planned.replicas[index - 1])
    }
    return planned
  }

  /// 100 falls to 50, 25 and 13 with 50 per cent: what is left is rounded up.
  private func clamped(_ replicas: Int, after before: Int) -> Int {
    var replicas = replicas
    if let upMaxFactorPerStep {
      replicas = min(replicas, Self.whole(Double(max(before, 1)) * upMaxFactorPerStep))
    }
    if let downMaxPercentPerStep {
      replicas = max(replicas, Self.whole(Double(before) * (100 - downMaxPercentPerStep) / 100))
    }
    return replicas
  }

  /// Rounded up, but for what arithmetic on fractions adds; as many as Kubernetes counts.
  private static func whole(_ count: Double) -> Int {
    Int(min((count - 1e-9).rounded(.up), Double(Int32.max)))
  }
}
