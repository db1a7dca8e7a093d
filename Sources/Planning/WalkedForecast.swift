package import Forecasting
package import Scaling
internal import Time

/// A built-in forecast, walked over a load that was measured: at every instant it knows exactly what
/// the server would have known then.
package struct WalkedForecast: Hashable, Sendable {
  private let step: Duration
  /// The first bucket of the load.
  private let first: Int
  /// What was forecast before each bucket; nil while too little was known.
  private let forecasts: [ForecastSeries?]

  /// A bucket counts once it is that old, as for the server.
  private static let settling = Duration.seconds(30)

  /// Walks over the whole load, what comes before the tested period included.
  ///
  /// - Parameters:
  ///   - delay: how much later than the load its metrics show it.
  ///   - clock: of the forecast's zone.
  ///   - progress: told now and then which part of the work is done, 0 to 1.
  /// - Throws: `InvalidHistory` for a load that is too long for the step.
  package init(
    _ model: BuiltInForecast, over history: LoadHistory, delay: Duration = .zero,
    clock: LocalClock, progress: (Double) -> Void = { _ in }
  ) throws(InvalidHistory) {
    // Held samples stand for buckets; in a straight line, the metrics are read in between, too.
    let buckets =
      history.shape == .held && delay == .zero
      ? try LoadBuckets(history, step: model.step)
      : try LoadBuckets(
        history.series.delayed(by: delay), from: history.start.advanced(by: delay),
        to: history.end.advanced(by: delay), step: model.step)
    step = model.step
    first = buckets.first
    guard
      let parameters = ForecastParameters(
        step: model.step, leadTime: model.leadTime, threshold: model.threshold,
        quantile: model.quantile, ignoresOutages: model.ignoresOutages)
    else {
      throw InvalidHistory("the forecast's step, lead time or quantile is out of its range")
    }
    var forecaster = LoadForecaster(parameters, clock: clock, firstBucket: buckets.first)
    var forecasts: [ForecastSeries?] = []
    forecasts.reserveCapacity(buckets.values.count + 1)
    for (index, value) in buckets.values.enumerated() {
      forecasts.append(Self.series(of: forecaster, model))
      let start = buckets.start(of: buckets.first + index)
      let end = start.advanced(by: model.step)
      let isExcluded = model.exclusions.contains { $0.lowerBound < end && start < $0.upperBound }
      forecaster.observe(isExcluded ? nil : value)
      if index % 4096 == 0 { progress(Double(index) / Double(buckets.values.count)) }
    }
    forecasts.append(Self.series(of: forecaster, model))
    self.forecasts = forecasts
  }

  private static func series(
    of forecaster: LoadForecaster, _ model: BuiltInForecast
  ) -> ForecastSeries? {
    if case .silent = forecaster.stage { return nil }
    guard let forecast = forecaster.forecast() else { return nil }
    return ForecastSeries(
      generatedAt: Instant(
        milliseconds: Int64(forecast.firstBucket) * model.step.milliseconds),
      step: model.step, replicas: forecast.loads.map(model.replicas))
  }

  /// What a signal reads at an instant.
  func reading(at now: Instant) -> Reading {
    let index = bucket(at: now) - first
    guard index >= 0, !forecasts.isEmpty, let series = forecasts[min(index, forecasts.count - 1)]
    else {
      return Reading(
        failure: Reading.Failure(
          since: now, message: "learning: \(LearningStage.neededValues) values are needed",
          kind: .silent))
    }
    return Reading(value: .forecast(series), obtainedAt: now)
  }

  /// When the next bucket is known.
  func nextReading(after now: Instant) -> Instant {
    Instant(milliseconds: Int64(bucket(at: now) + 1) * step.milliseconds)
      .advanced(by: Self.settling)
  }

  /// The first bucket that is not complete.
  private func bucket(at now: Instant) -> Int {
    let complete = now.advanced(by: .zero - Self.settling).milliseconds
    return Int((Double(complete) / Double(max(step.milliseconds, 1))).rounded(.down))
  }
}
