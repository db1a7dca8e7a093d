/// What the regression sees of one bucket that is forecast, in this order:
///
/// 0 one; 1 the last value; means of 2 the last 15 min and 3 the last hour; yesterday 4 with its
/// neighbours and 5 alone; the daily template 6 there and 7 over the last 15 min; the weekly one 8
/// there and 9 over the last 15 min; the hourly one there and now, where the hour is a season; last week
/// there and now.
enum Features {
  static let lastValue = 1
  static let yesterday = 5

  /// Last week at the bucket that is forecast.
  static func lastWeek(_ grid: BucketGrid) -> Int { grid.features - 2 }

  /// What the coefficients are before anything is learnt: the daily template, corrected by the level of
  /// the last 15 minutes.
  static func prior(_ index: Int) -> Double {
    switch index {
    case 1: 0.4
    case 2, 3: 0.3
    case 6: 1
    case 7: -1
    default: 0
    }
  }
}

/// The features of one bucket; as many of them count as the grid has.
typealias FeatureVector = InlineArray<14, Float>

/// The features of one refresh: what all horizons share, and those of each.
struct FeatureSource {
  private let grid: BucketGrid
  private let clock: LocalClock
  /// The first bucket that was ever observed, and the last one.
  private let first: Int
  private let last: Int
  private let now: Double
  private let quarter: Double
  private let hour: Double
  /// The daily and the weekly template over the last 15 min.
  private let dailyNow: Double
  private let weeklyNow: Double
  private let hourlyNow: Double
  private let lastWeekNow: Double

  init(
    _ grid: BucketGrid, _ clock: LocalClock, first: Int, ring: LoadRing, templates: Templates
  ) {
    self.grid = grid
    self.clock = clock
    self.first = first
    last = ring.next - 1
    now = ring[last]
    quarter = ring.mean(last: grid.quarter)
    hour = ring.mean(last: grid.lastHour)
    let isWeekKnown = last - grid.week >= first
    var daily = MeanOfKnown()
    var weekly = MeanOfKnown()
    for bucket in max(last - grid.quarter + 1, first)...last {
      daily.add(templates.daily[clock.daySlot(bucket, grid)])
      if isWeekKnown { weekly.add(templates.weekly[clock.weekSlot(bucket, grid)]) }
    }
    dailyNow = daily.mean ?? now
    weeklyNow = weekly.mean ?? dailyNow
    hourlyNow = grid.hour > 0 ? Double(templates.hourly[modulo(last, grid.hour)]) : .nan
    lastWeekNow = isWeekKnown ? templates.lastWeek.before : .nan
  }

  /// The features of a bucket that is forecast.
  func features(_ bucket: Int, ring: LoadRing, templates: Templates) -> FeatureVector {
    let before = clock.dayBefore(bucket, grid)
    var yesterday = dailyNow
    var yesterdayAround = dailyNow
    var daily = MeanOfKnown()
    if before >= first, ring.contains(before) {
      yesterday = ring[before]
      yesterdayAround = ring.mean(around: before)
      for near in bucket - 1...bucket + 1 {
        daily.add(templates.daily[clock.daySlot(near, grid)])
      }
    }
    let dailyThen = daily.mean ?? dailyNow
    var weekly = MeanOfKnown()
    var lastWeek = Double.nan
    if bucket - grid.week >= first {
      for near in bucket - 1...bucket + 1 {
        weekly.add(templates.weekly[clock.weekSlot(near, grid)])
      }
      lastWeek = templates.lastWeek[clock.weekSlot(bucket, grid)]
    }
    let weeklyThen = weekly.mean ?? dailyThen
    var features = FeatureVector(repeating: 0)
    features[0] = 1
    features[1] = Float(now)
    features[2] = Float(quarter)
    features[3] = Float(hour)
    features[4] = Float(yesterdayAround)
    features[5] = Float(yesterday)
    features[6] = Float(dailyThen)
    features[7] = Float(dailyNow)
    features[8] = Float(weeklyThen)
    features[9] = Float(weeklyNow)
    if grid.hour > 0 {
      let hourly = Double(templates.hourly[modulo(bucket, grid.hour)])
      features[10] = Float(hourly.isNaN ? hour : hourly)
      features[11] = Float(hourlyNow.isNaN ? hour : hourlyNow)
    }
    features[grid.features - 2] = Float(lastWeek.isNaN ? weeklyThen : lastWeek)
    features[grid.features - 1] = Float(lastWeekNow.isNaN ? weeklyNow : lastWeekNow)
    return features
  }
}

/// A mean that leaves out NaN.
private struct MeanOfKnown {
  private var sum = 0.0
  private var count = 0.0

  mutating func add(_ value: Double) {
    guard !value.isNaN else { return }
    sum += value
    count += 1
  }

  var mean: Double? { count > 0 ? sum / count : nil }
}
