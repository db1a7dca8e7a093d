internal import Forecasting

/// What a forecast has learnt, at one moment: taken on the loop that learns, written out elsewhere.
package struct LearntStateCopy: Sendable {
  let forecaster: LoadForecaster
  let day: ForecastDay
  let key: ForecastKey

  /// For a file or for another replica. Takes a tenth of a millisecond.
  package var bytes: [UInt8] { LearntState.encode(forecaster, day, key: key) }
}
