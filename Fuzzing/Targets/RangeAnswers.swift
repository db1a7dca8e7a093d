internal import Forecasting
internal import Scaling
internal import Time

@testable internal import DataSources

extension FuzzTarget {
  /// Prometheus's answers to a day of a query's history, and what is learnt of them.
  static let rangeAnswer = FuzzTarget("range-answer", maxLength: 8192) { _ in
    let endpoint = FuzzedAnswer.endpoint(.prometheus)
    return { bytes throws(Broken) in
      guard
        let parameters = ForecastParameters(
          step: .seconds(3600), leadTime: .seconds(3600), threshold: 10, quantile: 0.9,
          extraHorizons: 0)
      else { throw Broken("the parameters are refused") }
      let query = HistoryQuery(
        source: endpoint.dataSource.name,
        BuiltInForecast(
          source: "main", query: "load", threshold: 10, step: parameters.step,
          leadTime: .seconds(3600)))
      var input = FuzzInput(bytes)
      let response = FuzzedAnswer.response(&input)
      // 2026-11-20, which the seeds are of.
      let piece = 498_648..<498_672
      let answer: HistoryAnswer
      do throws(FetchFailure) {
        answer = try HistoryAnswer(response, to: query, piece, from: endpoint)
      } catch {
        return try FuzzedAnswer.requireSound(error)
      }
      guard case .whole(let values) = answer else {
        guard case .partial(let reason) = answer else { return }
        return try requireSentence(reason)
      }
      try require(values.count == piece.count, "\(values.count) buckets of \(piece.count)")
      try require(
        values.allSatisfy { $0.map { $0.isFinite && $0 >= 0 } ?? true }, "a value that is no load")
      try requireLearning(values, parameters, from: piece.lowerBound)
    }
  }

  /// Whatever an answer says can be learnt, and what is forecast of it are loads.
  private static func requireLearning(
    _ values: [Double?], _ parameters: ForecastParameters, from first: Int
  ) throws(Broken) {
    var forecaster = LoadForecaster(parameters, clock: LocalClock(), firstBucket: first)
    for value in values + values {
      forecaster.observe(value)
      guard let forecast = forecaster.forecast() else { continue }
      try require(
        (forecast.loads + forecast.medians).allSatisfy { $0.isFinite && $0 >= 0 },
        "a forecast that is no load: \(forecast)")
    }
  }
}
