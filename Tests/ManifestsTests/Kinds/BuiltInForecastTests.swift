internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// A policy of one forecast, whose fields stand in line 8, and which begins in column 15.
private func forecast(_ fields: String, leadTime: String = "10m") -> String {
  policy("leadTime: \(leadTime)\nsignals:\n- name: f\n  forecast: {\(fields)}")
}

private let query = "prometheus: {query: 'sum(rate(x[5m]))', threshold: 100}"

struct BuiltInForecastTests {
  @Test func `A query alone is enough for a forecast`() throws {
    let file = decode(forecast("\(query), timeZone: Europe/Paris"))
    #expect(file.lines == [])
    let signal = try #require(file.policies.first?.signals.first)
    #expect(
      signal.kind
        == .forecast(
          ForecastSignal(
            BuiltInForecast(
              source: "default", query: "sum(rate(x[5m]))", threshold: 100, step: .seconds(300),
              leadTime: .seconds(600), timeZone: "Europe/Paris"))))
  }

  @Test func `Every field is taken`() throws {
    let file = decode(
      policy(
        """
        leadTime: 10m
        signals:
        - name: f
          leadTime: 1h
          observe: true
          forecast:
            prometheus: {source: main, query: 'x', threshold: 2.5, activationThreshold: 5}
            quantile: 0.99
            step: 15m
            history: 56d
            bucket: mean
            timeZone: UTC
            outages: learn
            maxAge: 3h
            exclude: [2026-11-02T08:00Z/2026-11-02T12:30:30+01:00, 2026-10-01T00:00:00Z/2026-10-02T00:00Z]
        """))
    #expect(file.lines == [])
    let signal = try #require(file.policies.first?.signals.first)
    #expect(signal.observe)
    guard case .forecast(let forecast) = signal.kind else {
      Issue.record("it is no forecast")
      return
    }
    #expect(forecast.maxAge == .seconds(3 * 3600))
    let first =
      try Instant(rfc3339: "2026-10-01T00:00:00Z")..<Instant(rfc3339: "2026-10-02T00:00:00Z")
    let second =
      try Instant(rfc3339: "2026-11-02T08:00:00Z")..<Instant(rfc3339: "2026-11-02T11:30:30Z")
    #expect(
      forecast.builtIn
        == BuiltInForecast(
          source: "main", query: "x", threshold: 2.5, activationThreshold: 5, quantile: 0.99,
          step: .seconds(900), leadTime: .seconds(3600), history: .seconds(56 * 86_400),
          bucket: .mean, ignoresOutages: false, exclusions: [first, second]))
  }

  @Test(arguments: [
    ("1m", 60), ("5m", 120), ("10m", 300), ("1h", 900), ("8h", 1800), ("24h", 3600),
  ])
  func `The step follows from the lead time`(leadTime: String, seconds: Int) throws {
    let file = decode(forecast("\(query), timeZone: UTC", leadTime: leadTime))
    let signal = try #require(file.policies.first?.signals.first)
    guard case .forecast(let forecast) = signal.kind else { return }
    #expect(forecast.builtIn?.step == .seconds(seconds))
  }

  @Test(arguments: [
    RejectedText(
      forecast("\(query)"),
      "8:15: warning: spec.signals[0].forecast: no timeZone is given, so that days and weeks follow"
        + " UTC; write timeZone: UTC if that is meant"),
    RejectedText(
      forecast(
        "timeZone: UTC, prometheus: {query: 'rate(x{a=\"[9h]\"}[1m])', threshold: 1}",
        leadTime: "40m"),
      "8:43: warning: spec.signals[0].forecast.prometheus: the query looks back 1m and is evaluated"
        + " every 3m, so that what is in between is not seen; write [3m]"),
    RejectedText(
      forecast("\(query), timeZone: UTC, quantile: 0.995"),
      "8:98: error: spec.signals[0].forecast.quantile: expected a number from 0.5 to 0.99, found the"
        + " number 0.995"),
    RejectedText(
      forecast("\(query), timeZone: UTC, quantile: 0.49"),
      "8:98: error: spec.signals[0].forecast.quantile: expected a number from 0.5 to 0.99, found the"
        + " number 0.49"),
    RejectedText(
      forecast("\(query), timeZone: UTC, step: 7m"),
      "8:94: error: spec.signals[0].forecast.step: expected one of 1m, 2m, 3m, 5m, 10m, 15m, 30m, 1h,"
        + " found the text \"7m\""),
    RejectedText(
      forecast("\(query), timeZone: UTC, step: 1m", leadTime: "25m"),
      "8:94: error: spec.signals[0].forecast.step: the lead time of 25m is more than 24 steps of 1m;"
        + " write step: 10m"),
    RejectedText(
      forecast("\(query), timeZone: UTC", leadTime: "25h"),
      "8:15: error: spec.signals[0].forecast: a forecast of a query needs a lead time above 0s and of"
        + " at most 24h, found 25h; set leadTime of the signal or of the policy"),
    RejectedText(
      forecast("\(query), timeZone: UTC", leadTime: "0s"),
      "8:15: error: spec.signals[0].forecast: a forecast of a query needs a lead time above 0s and of"
        + " at most 24h, found 0s; set leadTime of the signal or of the policy"),
    RejectedText(
      forecast("\(query), timeZone: UTC, history: 57d"),
      "8:97: error: spec.signals[0].forecast.history: expected a duration from 1d to 56d, such as 90s"
        + " or 1h30m, found the text \"57d\""),
    RejectedText(
      forecast("\(query), timeZone: Europe/Pariss"),
      "8:83: error: spec.signals[0].forecast.timeZone: expected an IANA time zone such as"
        + " Europe/Paris, found the text \"Europe/Pariss\"; did you mean Europe/Paris?"),
    RejectedText(
      forecast("\(query), timeZone: UTC, exclude: [2026-11-02T08:00Z]"),
      "8:98: error: spec.signals[0].forecast.exclude[0]: expected a span of time such as"
        + " 2026-11-02T08:00Z/2026-11-02T12:30Z, found the text \"2026-11-02T08:00Z\""),
    RejectedText(
      forecast("\(query), timeZone: UTC, source: main"),
      "8:96: error: spec.signals[0].forecast.source: belongs to a forecaster's forecast, and"
        + " prometheus is given too; a forecast has exactly one of prometheus and source with"
        + " workload"),
    RejectedText(
      forecast("quantile: 0.9"),
      "8:26: error: spec.signals[0].forecast.quantile: belongs to a forecast that Headstart makes"
        + " itself; give prometheus with a query and a threshold too, or leave this out"),
    RejectedText(
      forecast("timeZone: UTC, prometheus: {query: x, threshold: 1, onEmpty: zero}"),
      "8:68: error: spec.signals[0].forecast.prometheus.onEmpty: unknown field; known here: source,"
        + " query, threshold, activationThreshold, headers, parameters, timeout"),
  ])
  func `What is wrong is said where it stands`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }

  @Test(arguments: [
    ("x[5m]", 300), ("x[1h:30s]", 3600), ("rate(x[ 90s ])/rate(y[2m])", 90), ("x", nil),
    ("x{a='[1s]'}[1d]", 86_400), (#"x{a="\"[1s]"}[1m]"#, 60), ("x[", nil), ("x[5]", nil),
  ])
  func `The shortest range of a query is found`(query: String, seconds: Int?) {
    #expect(PromQLRange.shortest(in: query) == seconds.map { .seconds($0) })
  }

  @Test func `A forecast asks for replicas as a live query does, and for none of an idle load`() {
    var forecast = BuiltInForecast(
      source: "default", query: "x", threshold: 100, step: .seconds(60), leadTime: .seconds(60))
    #expect(forecast.replicas(for: 19.9) == 0)
    #expect(forecast.replicas(for: 20) == 1)
    #expect(forecast.replicas(for: 100) == 1)
    #expect(forecast.replicas(for: 100.1) == 2)
    forecast.activationThreshold = 150
    #expect(forecast.replicas(for: 149) == 0)
    #expect(forecast.replicas(for: 150) == 2)
  }
}
