internal import Planning
internal import Scaling
internal import Time

extension FuzzTarget {
  /// The CSV that `backtest` reads, and what is made of it.
  static let loadHistory = FuzzTarget("load-history", maxLength: 1024) { bytes throws(Broken) in
    let history: LoadHistory
    do throws(InvalidHistory) {
      history = try LoadHistory(csv: bytes)
    } catch {
      return try requireSentence(error.description, limit: 400)
    }
    try require(history.samples.count >= 2, "too few samples")
    try require(history.step > .zero, "a step of \(history.step)")
    try require(history.start < history.end, "the end is not after the start")
    try require(
      history.samples.allSatisfy { $0.value.isFinite && $0.value >= 0 }, "a value out of range")
    for sample in history.samples {
      try require(
        history.series.value(at: sample.at) == sample.value, "a sample is lost: \(sample)")
    }
    if let text = history.gapText { try requireSentence(text) }
    // Longer ones are refused, or take memory as they should.
    guard history.start.duration(to: history.end).milliseconds / history.step.milliseconds < 5000
    else { return }
    for season in LoadHistory.Season.allCases {
      guard let series = try? history.forecast(from: season, perReplica: 10) else {
        throw Broken("there is no forecast of a short history")
      }
      try require(series.replicas.allSatisfy { $0 >= 0 }, "a forecast of less than none")
    }
    _ = history.projected(from: history.start, to: history.end.advanced(by: .seconds(86_400)))
  }
}
