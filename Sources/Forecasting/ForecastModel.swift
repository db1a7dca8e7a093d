/// Who makes the forecast: the regression, or a simple guess that has been better for days.
package enum ForecastModel: UInt8, Hashable, Sendable, CaseIterable {
  case regression = 0
  /// The value of the last bucket.
  case lastValue = 1
  /// The value of the same local time yesterday.
  case yesterday = 2
  /// The value of the same half-hour of last week.
  case lastWeek = 3
}
