internal import Glibc

/// Learns one load, bucket by bucket, and forecasts the next buckets as a quantile (forecast
/// specification). Pure: it knows buckets, not the time.
///
/// It is a value of less than 20 KB at six horizons, confined to whoever learns. An observation and the
/// forecast after it take less than 20 µs and allocate nothing.
package struct LoadForecaster: Hashable, Sendable {
  package let parameters: ForecastParameters
  /// The local clock of the policy's zone. It may be replaced by one that knows later changes.
  package var clock: LocalClock
  let grid: BucketGrid
  let discount: Double
  var ring: LoadRing
  var templates: Templates
  var equations: NormalEquations
  var scale: ResidualScale
  var counts = ResidualCounts()
  var correction: ConformalCorrection
  var medianCorrection: ConformalCorrection
  var audit: Audit
  var keptShare: KeptShare
  var pending: PendingForecasts
  var outages: OutageRule
  var peaks = PeakLoads()
  /// The bucket that is observed next.
  package internal(set) var nextBucket: Int
  /// The first bucket with a value; nil before it.
  package internal(set) var firstBucket: Int?
  /// Buckets that were learnt.
  package internal(set) var valueCount = 0
  /// Buckets since the first one that were missing, or treated as missing.
  package internal(set) var missingCount = 0
  /// How many of them were the last ones.
  var gap = 0
  /// Whether something was learnt since the equations were solved.
  var isUnsolved = false
  /// The 1 % quantile of the next bucket in replicas, and what is asked for it in z; nil without a
  /// forecast.
  var lowest: Double?
  var asked: Double?

  /// - Parameter firstBucket: the first one that will be observed: Unix time / step.
  package init(_ parameters: ForecastParameters, clock: LocalClock, firstBucket: Int) {
    self.parameters = parameters
    self.clock = clock
    let grid = parameters.grid
    self.grid = grid
    discount = grid.discount(halfLife: Tuning.halfLife)
    ring = LoadRing(grid)
    templates = Templates(grid)
    equations = NormalEquations(grid)
    scale = ResidualScale(grid)
    correction = ConformalCorrection(quantile: parameters.quantile, horizons: grid.horizons)
    medianCorrection = ConformalCorrection(quantile: 0.5, horizons: grid.horizons)
    audit = Audit(quantile: parameters.quantile, margin: parameters.auditMargin, grid)
    keptShare = KeptShare(grid)
    pending = PendingForecasts(grid)
    outages = OutageRule(grid)
    nextBucket = firstBucket
  }

  /// z = ln(1 + load / threshold): replicas, logarithmic above one replica and linear below, so that
  /// errors count as the evaluator rounds them. Nil for what is no load.
  private func z(_ value: Double?) -> Double? {
    guard let value, value.isFinite, value >= 0 else { return nil }
    return min(log1p(value / parameters.threshold), Tuning.largestZ)
  }

  /// Learns the next bucket and forecasts those after it.
  ///
  /// - Parameter value: the load of `nextBucket`; nil, NaN, infinite and negative ones are missing.
  package mutating func observe(_ value: Double?) {
    let bucket = nextBucket
    let z = z(value)
    nextBucket += 1
    if firstBucket == nil {
      guard z != nil else { return }
      firstBucket = bucket
      ring.begin(at: bucket)
    }
    let isOutage = outages.isOutage(
      value, isValid: z != nil, place: modulo(clock.local(bucket), grid.week),
      lowest: parameters.ignoresOutages ? lowest : nil, grid)
    if let z, !isOutage {
      learn(z, bucket)
    } else {
      fill(bucket)
    }
    predict()
  }

  private mutating func learn(_ z: Double, _ bucket: Int) {
    gap = 0
    ring.append(z)
    valueCount += 1
    learnFromForecasts(z, bucket)
    peaks.learn(z, bucket: bucket, grid)
    let usual = scale.general[0]
    let limit =
      valueCount > grid.day && !usual.isNaN
      ? Tuning.templateClip * max(usual, Tuning.smallestScale) : .infinity
    templates.learn(z, at: Templates.Slots(bucket, grid, clock), limit: limit, grid)
  }

  /// Follows the daily template from the last value, and learns nothing.
  private mutating func fill(_ bucket: Int) {
    gap += 1
    missingCount += 1
    let slots = Templates.Slots(bucket, grid, clock)
    let last = ring.contains(bucket - 1) ? ring[bucket - 1] : 0
    let change = templates.daily[slots.day] - templates.daily[clock.daySlot(bucket - 1, grid)]
    let filled = change.isNaN ? last : max(last + change, 0)
    ring.append(filled)
    templates.fill(filled, at: slots)
  }
}
