internal import Forecasting
internal import Scaling
internal import Time

/// One forecaster, the signals that read it, and what it last said.
///
/// Confined to the loop that learns.
final class LearntForecast {
  let key: ForecastKey
  let query: HistoryQuery
  /// What its signals agree in.
  let model: BuiltInForecast
  /// What its state belongs to.
  private var stateKey: ForecastKey
  /// Of that.
  private(set) var fingerprint: UInt64
  private(set) var forecaster: LoadForecaster
  /// Until when its clock is laid out.
  private var clockEnd = Int.min
  /// Who reads it, and how often they asked for it.
  var readers: [Feed: Int] = [:]
  /// Since when no policy does; nil while one does.
  var unreadSince: Duration?
  private(set) var day: ForecastDay
  /// Why nothing new is learnt; nil while it is.
  var failure: Reading.Failure?
  /// How much history its signals want.
  var wanted: Duration
  /// The number of the track that it learns with; 0 before it has one.
  var track = 0
  /// On the loop's clock, when the state was kept last; nil for never.
  var keptAt: Duration?
  /// Whether what was learnt before is being looked for.
  var isLooking = false
  /// Whether it began with what was learnt before.
  private(set) var isRestored = false

  /// - Parameter first: the first bucket that it will learn.
  init(_ key: ForecastKey, _ query: HistoryQuery, _ model: BuiltInForecast, first: Int) {
    self.key = key
    self.query = query
    self.model = model
    stateKey = key
    fingerprint = key.fingerprint
    wanted = model.history
    forecaster = LoadForecaster(key.parameters, clock: LocalClock(), firstBucket: first)
    day = ForecastDay(key.parameters)
  }

  /// Its source is this server: a state that was learnt elsewhere is another one.
  func belongs(to source: DataSource) {
    stateKey = key.at(source)
    fingerprint = stateKey.fingerprint
  }

  /// Goes on with what was learnt before, unless that is older than the history that would be learnt
  /// now, or than what is known already.
  ///
  /// - Returns: whether it was taken over.
  func restore(
    _ state: [UInt8], at now: Instant, clocks: inout ForecastClocks
  ) throws(LearntState.Refusal) -> Bool {
    let (known, day) = try LearntState.decode(state, key: stateKey, clock: forecaster.clock)
    guard known.nextBucket >= query.first(history: wanted, at: now),
      known.nextBucket <= query.end(at: now) + 1,
      !isRestored || known.nextBucket > forecaster.nextBucket
    else { return false }
    forecaster = known
    self.day = day
    clockEnd = .min
    layOutClock(&clocks)
    isRestored = true
    return true
  }

  /// What it has learnt, for a file or for another replica.
  var state: LearntStateCopy { LearntStateCopy(forecaster: forecaster, day: day, key: stateKey) }

  /// Learns the buckets from `forecaster.nextBucket` on.
  ///
  /// - Parameter values: nil for those that are missing.
  func learn(_ values: [Double?], clocks: inout ForecastClocks) {
    for value in values {
      layOutClock(&clocks)
      let forecast = forecaster.forecast()
      let value = isExcluded(forecaster.nextBucket) ? nil : value
      day.append(value, expected: forecast?.medians.first, asked: forecast?.loads.first)
      forecaster.observe(value)
    }
  }

  /// What was forecast for the buckets of the last day, and what came; oldest first.
  var past: [PastForecast] {
    let last = day.last
    let first = forecaster.nextBucket - last.count
    return last.enumerated().map { index, bucket in
      PastForecast(
        at: Instant(milliseconds: Int64(first + index) * model.step.milliseconds),
        came: bucket.came.map(Double.init), expected: bucket.expected.map(Double.init),
        asked: bucket.asked.map(Double.init))
    }
  }

  private func layOutClock(_ clocks: inout ForecastClocks) {
    let bucket = forecaster.nextBucket
    guard clockEnd == .min || bucket + 2 * query.day > clockEnd else { return }
    (forecaster.clock, clockEnd) = clocks.clock(
      zone: model.timeZone, step: query.step, around: bucket)
  }

  private func isExcluded(_ bucket: Int) -> Bool {
    guard !model.exclusions.isEmpty else { return false }
    let start = query.start(of: bucket)
    let end = start.advanced(by: model.step)
    return model.exclusions.contains { $0.lowerBound < end && start < $0.upperBound }
  }
}
