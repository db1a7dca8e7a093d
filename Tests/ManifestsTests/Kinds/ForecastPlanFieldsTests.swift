internal import Scaling
internal import Testing

@testable internal import Manifests

/// A policy of one forecast, whose fields stand in line 8, and which begins in column 15.
private func forecast(_ fields: String) -> String {
  policy("leadTime: 10m\nsignals:\n- name: f\n  forecast: {\(fields)}")
}

private let query = "timeZone: UTC, prometheus: {query: 'sum(rate(x[5m]))', threshold: 100}"

struct ForecastPlanFieldsTests {
  private func decoded(_ fields: String) throws -> ForecastSignal {
    let file = decode(forecast(fields))
    #expect(file.lines == [])
    guard case .forecast(let signal) = try #require(file.policies.first?.signals.first).kind else {
      throw CancellationError()
    }
    return signal
  }

  @Test func `A forecaster's forecast is planned`() throws {
    var plan = ForecastPlan()
    plan.threshold = 2.5
    plan.headroom = 1.2
    plan.upMaxFactorPerStep = 2
    plan.downMaxPercentPerStep = 50
    let signal = try decoded(
      "workload: w, threshold: 2.5, headroom: 1.2, upMaxFactorPerStep: 2, downMaxPercentPerStep: 50"
    )
    #expect(signal.plan == plan)
    #expect(try decoded("workload: w").plan == nil)
    #expect(try decoded("workload: w, headroom: 1").plan == nil)
  }

  @Test func `A forecast of a query has its headroom in the model`() throws {
    let signal = try decoded("\(query), headroom: 1.2, downMaxPercentPerStep: 20")
    #expect(signal.builtIn?.headroom == 1.2)
    #expect(signal.plan?.headroom == 1)
    #expect(signal.plan?.downMaxPercentPerStep == 20)
    #expect(try decoded(query).plan == nil)
    #expect(try decoded(query).builtIn?.headroom == 1)
  }

  @Test(arguments: [
    RejectedText(
      forecast("headroom: 0.9"),
      "8:26: error: spec.signals[0].forecast.headroom: expected a number from 1.0 to 10.0, found the"
        + " number 0.9"),
    RejectedText(
      forecast("upMaxFactorPerStep: 1"),
      "8:36: error: spec.signals[0].forecast.upMaxFactorPerStep: expected a number from 1.01 to"
        + " 1000.0, found the number 1"),
    RejectedText(
      forecast("downMaxPercentPerStep: 0"),
      "8:39: error: spec.signals[0].forecast.downMaxPercentPerStep: expected a number from 1.0 to"
        + " 100.0, found the number 0"),
    RejectedText(
      forecast("threshold: 0"),
      "8:27: error: spec.signals[0].forecast.threshold: expected a number above 0, found the number"
        + " 0"),
    RejectedText(
      forecast("\(query), threshold: 5"),
      "8:99: error: spec.signals[0].forecast.threshold: belongs to a forecaster's forecast; that of"
        + " a query is a field of prometheus"),
  ])
  func `What is wrong is said where it stands`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }

  @Test func `A directory of files is a forecaster`() throws {
    let file = decode(
      """
      apiVersion: headstart.dev/v1alpha1
      kind: DataSource
      metadata: {name: nightly}
      spec: {type: forecaster, directory: /etc/forecasts/}
      """)
    #expect(file.lines == [])
  }

  @Test(arguments: [
    (
      "{type: forecaster, directory: forecasts}",
      "expected the absolute path of a directory, such as /etc/forecasts"
    ),
    ("{type: prometheus, directory: /f}", "only a forecaster can be a directory of files"),
    (
      "{type: forecaster, directory: /f, address: 'http://f'}",
      "a data source has exactly one of address and directory"
    ),
    ("{type: forecaster, directory: /f, timeout: 1s}", "has no effect on a directory of files"),
    ("{type: forecaster}", "address"),
  ])
  func `A directory that cannot be one is refused`(_ spec: String, _ words: String) {
    let file = decode(
      """
      apiVersion: headstart.dev/v1alpha1
      kind: DataSource
      metadata: {name: nightly}
      spec: \(spec)
      """)
    #expect(file.lines.count == 1)
    #expect(file.lines.first?.contains(words) == true, "\(file.lines)")
  }
}
