package import Forecasting

/// The built-in forecaster walked over a load that was measured, one quantile beside the other: before
/// each bucket it knows exactly what a server would have known then.
package struct ForecastWalk {
  package let buckets: LoadBuckets
  /// One for each quantile, in the order given.
  package private(set) var forecasters: [LoadForecaster]

  /// - Parameters:
  ///   - parameters: one for each quantile; equal in everything else. Their step is the buckets'.
  ///   - clock: of the zone that days and weeks follow.
  package init(_ buckets: LoadBuckets, _ parameters: [ForecastParameters], clock: LocalClock) {
    self.buckets = buckets
    forecasters = parameters.map { LoadForecaster($0, clock: clock, firstBucket: buckets.first) }
  }

  /// Learns all buckets.
  ///
  /// - Parameters:
  ///   - progress: called now and then with the part that is done, 0 to 1.
  ///   - visit: called before each bucket with a forecast of each quantile, from the second value on,
  ///     and how many buckets were seen before it.
  package mutating func run(
    progress: (Double) -> Void = { _ in },
    visit: (_ index: Int, _ forecasts: [LoadForecast]) -> Void = { _, _ in }
  ) {
    for (index, value) in buckets.values.enumerated() {
      let forecasts = forecasters.compactMap { $0.forecast() }
      if !forecasts.isEmpty { visit(index, forecasts) }
      for place in forecasters.indices { forecasters[place].observe(value) }
      if index % 4096 == 0 { progress(Double(index) / Double(buckets.values.count)) }
    }
  }
}
