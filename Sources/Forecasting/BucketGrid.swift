internal import Glibc

/// What the length of a bucket and the number of horizons say about every season and size.
///
/// Bucket n is the time [n·Δ, (n + 1)·Δ) since the epoch. All counts are in buckets unless they say
/// otherwise.
struct BucketGrid: Hashable, Sendable {
  /// Δ in seconds: a divisor of an hour.
  let seconds: Int
  /// How many buckets are forecast: 0 is the first one after the last complete bucket.
  let horizons: Int
  let day: Int
  let week: Int
  /// Buckets of an hour; 0 where the hour is no season, because it has fewer than four.
  let hour: Int
  /// "The last 15 minutes".
  let quarter: Int
  /// "The last hour".
  let lastHour: Int
  /// What the ring keeps: a day of 25 hours and its neighbours.
  let kept: Int
  /// Slots of the weekly template, half-hours of the local week (hours at Δ = 1 h), and the buckets
  /// of one.
  let weekSlots: Int
  let weekSlot: Int
  /// Slots of the day for the size of residuals, and the buckets of one.
  let daySlots: Int
  let daySlot: Int
  /// Features of the regression.
  let features: Int

  init(seconds: Int, horizons: Int) {
    self.seconds = seconds
    self.horizons = horizons
    day = 86_400 / seconds
    week = 7 * day
    hour = seconds <= 900 ? 3600 / seconds : 0
    quarter = seconds <= 900 ? max(2, 900 / seconds) : 2
    lastHour = max(4, 3600 / seconds)
    kept = day + max(1, 3600 / seconds) + 3
    weekSlot = max(1, 1800 / seconds)
    weekSlots = week / weekSlot
    daySlots = min(Tuning.slotsOfDay, day)
    daySlot = max(1, day / daySlots)
    features = hour > 0 ? 14 : 12
  }

  /// The factor by which one bucket discounts what came before it.
  ///
  /// - Parameter halfLife: in days.
  func discount(halfLife: Double) -> Double {
    exp2(-1 / (halfLife * Double(day)))
  }
}

/// The remainder that is never negative, for buckets before 1970.
func modulo(_ value: Int, _ divisor: Int) -> Int {
  let remainder = value % divisor
  return remainder < 0 ? remainder + divisor : remainder
}
