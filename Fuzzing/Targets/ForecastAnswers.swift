internal import HTTPClient
internal import Scaling

@testable internal import DataSources

extension FuzzTarget {
  /// A forecaster's answers, and what is decided on them.
  static let forecastAnswer = FuzzTarget("forecast-answer", maxLength: 4096) { _ in
    let endpoint = FuzzedAnswer.endpoint(.forecaster)
    return { bytes throws(Broken) in
      var input = FuzzInput(bytes)
      let response = FuzzedAnswer.response(&input)
      do throws(FetchFailure) {
        try ForecasterClient.checkProbe(response, from: endpoint)
      } catch {
        try FuzzedAnswer.requireSound(error)
      }
      let forecast: ForecasterClient.Forecast
      do throws(FetchFailure) {
        forecast = try ForecasterClient.forecast(in: response, workload: "web", from: endpoint)
      } catch {
        return try FuzzedAnswer.requireSound(error)
      }
      try requireUsable(forecast.series)
      let file = try? ForecastFile(response.body)
      try require(file?.series == forecast.series, "as a file the answer says something else")
    }
  }

  private static func requireUsable(_ series: ForecastSeries) throws(Broken) {
    try require(series.step >= .milliseconds(1), "a step of \(series.step)")
    try require(!series.replicas.isEmpty, "a series without steps")
    try require(
      series.replicas.allSatisfy { (0...Int(Int32.max)).contains($0) }, "replicas out of range")
    let reading = Reading(
      value: .forecast(series), obtainedAt: series.generatedAt, staleSince: nil)
    for leadTime in [Duration.zero, .seconds(300), .seconds(7 * 86_400)] {
      let policy = Policy(
        name: ResourceName(name: "web"), leadTime: leadTime,
        signals: [
          Signal(
            name: "forecast", kind: .forecast(ForecastSignal(source: "main", workload: "web")))
        ])
      for offset in [-1, 0, 1, 3_600_000, Int64.max / 2] {
        let now = series.generatedAt.advanced(by: .milliseconds(offset))
        let decision = Evaluator.decide(
          policy, readings: [.forecast(reading)], memory: Decision.Memory(), at: now)
        try require(decision.validUntil > now, "a decision is over before it is made")
        try require(
          decision.replicas.map { series.replicas.contains($0) } ?? true,
          "nobody forecast \(String(describing: decision.replicas))")
        try requireSentence(decision.explanation(at: now))
      }
    }
  }
}
