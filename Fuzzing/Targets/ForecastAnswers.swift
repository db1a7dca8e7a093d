internal import HTTPClient
internal import Scaling
internal import Time

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
      try requireLoads(of: response, from: endpoint)
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

  /// Where the loads count, they are numbers that can be planned.
  private static func requireLoads(
    of response: HTTPResponse, from endpoint: SourceEndpoint
  ) throws(Broken) {
    let series: ForecastSeries
    do throws(FetchFailure) {
      series = try ForecasterClient.forecast(
        in: response, workload: "web", loads: true, from: endpoint
      ).series
    } catch {
      return try FuzzedAnswer.requireSound(error)
    }
    try require(
      !series.loads.isEmpty && series.loads.count == series.replicas.count, "loads without a step")
    var signal = ForecastSignal(source: "main", workload: "web")
    var plan = ForecastPlan()
    plan.threshold = 0.001
    plan.headroom = 10
    plan.upMaxFactorPerStep = 1000
    plan.downMaxPercentPerStep = 1
    signal.plan = plan
    let policy = Policy(
      name: ResourceName(name: "web"), leadTime: .seconds(7 * 86_400),
      signals: [Signal(name: "forecast", kind: .forecast(signal))])
    let now = series.generatedAt
    let decision = Evaluator.decide(
      policy, readings: [.forecast(Reading(value: .forecast(series), obtainedAt: now))],
      memory: Decision.Memory(), at: now)
    try require(
      (0...Int(Int32.max)).contains(decision.replicas ?? -1),
      "loads ask for \(String(describing: decision.replicas))")
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
