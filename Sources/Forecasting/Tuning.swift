/// The constants of the built-in forecaster, each with its reason (forecast specification, "Why these
/// constants"). None is meant to be set by anyone: they were measured together, on many histories.
enum Tuning {
  /// Half-life of regression and residual counts, in days. 5 to 14 differ by under 2 % of the loss;
  /// 7 follows a shift of the level.
  static let halfLife = 7.0
  /// Made-up observations that hold each coefficient at its prior; 1 costs 11 %.
  static let ridge = 0.1
  /// Memory of the daily template, in days; a mean until then.
  static let templateDays = 7.0
  /// Memory of the weekly template, in weeks; a mean until then.
  static let templateWeeks = 5.0
  /// Memory of the hourly template, in hours.
  static let templateHours = 6.0
  /// A residual counts as at most this many scales in the regression (Huber).
  static let outlier = 4.0
  /// A template moves by at most this many usual one-step residuals: a spike is not a habit.
  static let templateClip = 12.0
  /// Smoothing of the recent size of residuals: about the last six buckets.
  static let recent = 0.15
  /// Slots of the day for which the size of residuals is known: half-hours.
  static let slotsOfDay = 48
  /// The smallest scale: 0.3 % of a replica count.
  static let smallestScale = 0.003
  /// The scale while no residual is known.
  static let firstScale = 0.2
  /// A residual counts as at most this large for the scale, in z.
  static let largestResidual = 5.0
  /// Step of the conformal correction: it settles within a day or two of 5-minute buckets.
  static let correction = 0.002
  /// No forecast is above this multiple of the highest load of the last eight days. Without it the
  /// loss is 8 % higher.
  static let guardFactor = 2.0
  /// Memory of the comparison with simple forecasts, in days (half-life).
  static let auditDays = 7.0
  /// A simple forecast takes over when its loss times this is below that of the regression; 1.03 costs
  /// up to 2 % where it is wrong.
  static let auditMargin = 1.1
  /// Step of the simple forecasts' own calibration, in usual residuals.
  static let auditRate = 0.1
  /// Discounted days of comparison before the first judgement, reached after 3.6 days.
  static let auditStart = 3.0
  /// The usual change from one bucket to the next, before it is known, in z.
  static let usualChange = 0.2
  /// A sudden zero is not learnt, and counts as missing, until it has lasted this many days.
  static let outageDays = 1
  /// A zero is sudden where more replicas than this were expected with 99 %.
  static let outageReplicas = 1.0
  /// A bucket of fewer replicas than this that was forecast to be idle (with 99 %) says nothing about
  /// the quantile of the busy hours.
  static let idleReplicas = 0.2
  /// Quantiles are kept within what residual counts can tell.
  static let quantiles = 0.01...0.9995
  /// The largest z: 10³⁴ replicas. Loads above it count as this one, so that no sum overflows.
  static let largestZ = 80.0
}
