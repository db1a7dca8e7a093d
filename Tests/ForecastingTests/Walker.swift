internal import Testing

@testable internal import Forecasting

/// Feeds a forecaster a made-up load, and keeps what it forecast and what came.
struct Walker {
  var forecaster: LoadForecaster
  private let first: Int
  /// By the number of buckets before it; nil before the second value.
  private(set) var forecasts: [LoadForecast?] = []
  private(set) var values: [Double?] = []

  /// - Parameter first: the first bucket; by default a Monday at 00:00 UTC.
  init(
    step: Int, leadTime: Int, threshold: Double, quantile: Double = 0.9,
    clock: LocalClock = LocalClock(), first: Int? = nil, ignoresOutages: Bool = true
  ) throws {
    self.first = first ?? 1_767_571_200 / step
    forecaster = LoadForecaster(
      try .reference(
        step: step, leadTime: leadTime, threshold: threshold, quantile: quantile,
        ignoresOutages: ignoresOutages),
      clock: clock, firstBucket: self.first)
  }

  var day: Int { forecaster.grid.day }
  var horizons: Int { forecaster.grid.horizons }

  mutating func observe(_ value: Double?) {
    forecasts.append(forecaster.forecast())
    values.append(value)
    forecaster.observe(value)
  }

  /// - Parameter load: by bucket since the epoch.
  mutating func observe(_ count: Int, _ load: (Int) -> Double?) {
    for _ in 0..<count { observe(load(forecaster.nextBucket)) }
  }

  /// What was forecast for a bucket that was observed, by the number of buckets before it.
  func forecast(for index: Int, horizon: Int) -> Double? {
    index - horizon < 0 ? nil : forecasts[index - horizon]?.loads[horizon]
  }

  /// In which share of some buckets the load was at most its forecast.
  func kept(_ range: Range<Int>, horizon: Int = 0, where isCounted: (Int) -> Bool = { _ in true })
    -> Double
  {
    var share = Share()
    for index in range where isCounted(index) {
      guard let value = values[index], let forecast = forecast(for: index, horizon: horizon)
      else { continue }
      share.add(value <= forecast)
    }
    return share.value
  }
}
