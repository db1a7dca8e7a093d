internal import Forecasting

extension FuzzTarget {
  /// The fields of a learnt state, as from a file or a peer, with a head and a hash that are right.
  static let learntState = FuzzTarget("learnt-state", maxLength: 8192) { bytes throws(Broken) in
    guard
      let parameters = ForecastParameters(
        step: .seconds(3600), leadTime: .seconds(3600), threshold: 10, quantile: 0.9,
        extraHorizons: 0)
    else { throw Broken("the parameters are refused") }
    let key = ForecastKey(source: "main", query: "sum(load)", parameters: parameters)
    // Without the head they are nothing.
    try require(
      (try? LearntState.decode(bytes, key: key, clock: LocalClock())) == nil,
      "fields without a head are accepted")
    let sealed = LearntState.seal(
      bytes, version: LearntState.version, fingerprint: key.fingerprint)
    guard var (forecaster, day) = try? LearntState.decode(sealed, key: key, clock: LocalClock())
    else {
      return
    }
    let again = LearntState.encode(forecaster, day, key: key)
    try require(again == sealed, "what was read is written differently")
    day.append(100, expected: nil, asked: 1e300)
    try require(day.last.last?.came == 100, "a day that does not go on")
    for value in [100, nil, 0, 1e300, 100] as [Double?] {
      forecaster.observe(value)
      guard let forecast = forecaster.forecast() else { continue }
      try require(
        (forecast.loads + forecast.medians).allSatisfy { $0.isFinite && $0 >= 0 },
        "a forecast that is no load: \(forecast)")
    }
    _ = (forecaster.kept, forecaster.skill, forecaster.stage, forecaster.lastHourAboveUsual)
    _ = (forecaster.addition, forecaster.usualLoad(at: forecaster.nextBucket))
  }
}
