internal import Forecasting
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import Planning

/// Ten days of five minutes each: 100, and 1,000 from 12:00 to 16:00.
private func history() throws -> LoadHistory {
  let start = Instant(milliseconds: 1_795_132_800_000)
  return try LoadHistory(
    samples: (0..<10 * 288).map { index in
      let isBusy = (144..<192).contains(index % 288)
      return LoadHistory.Sample(
        at: start + .seconds(index * 300), value: isBusy ? 1000 : 100)
    })
}

private let model = BuiltInForecast(
  source: "main", query: "load", threshold: 100, step: .seconds(300), leadTime: .seconds(600))

private func signal(_ model: BuiltInForecast) -> Signal {
  Signal(name: "predicted", kind: .forecast(ForecastSignal(model)))
}

struct WalkedForecastTests {
  @Test func `At every instant it says what the server would have known then`() throws {
    let history = try history()
    let walked = try WalkedForecast(model, over: history, clock: LocalClock())
    let parameters = try #require(
      ForecastParameters(
        step: model.step, leadTime: model.leadTime, threshold: 100, quantile: model.quantile))
    let first = 1_795_132_800 / 300
    var forecaster = LoadForecaster(parameters, clock: LocalClock(), firstBucket: first)
    let noon = history.start + .seconds(9 * 86_400 + 43_200)
    // Half a minute before a bucket counts, the one before it is the newest.
    for (offset, known) in [(-300 + 30, -1), (-1 + 30, -1), (30, 0), (299, 0)] {
      let now = noon + .seconds(offset)
      while forecaster.nextBucket < first + 9 * 288 + 144 + known {
        let index = forecaster.nextBucket - first
        forecaster.observe((144..<192).contains(index % 288) ? 1000 : 100)
      }
      let reading = walked.reading(at: now)
      let loads = try #require(forecaster.forecast()).loads
      #expect(
        reading.value
          == .forecast(
            ForecastSeries(
              generatedAt: noon + .seconds(known * 300), step: .seconds(300),
              replicas: loads.map(model.replicas))))
      #expect(walked.nextReading(after: now) == noon + .seconds((known + 1) * 300 + 30))
    }
  }

  @Test func `Too little history is silent, as it is for the server`() throws {
    let history = try history()
    let walked = try WalkedForecast(model, over: history, clock: LocalClock())
    let early = walked.reading(at: history.start + .seconds(11 * 300 + 31))
    #expect(early.value == nil)
    #expect(early.failure?.kind == .silent)
    #expect(walked.reading(at: history.start + .seconds(12 * 300 + 30)).value != nil)
    #expect(walked.reading(at: history.start).value == nil)
  }

  @Test func `A forecast is on time where an HPA of equal cost is late`() throws {
    let history = try history()
    let policy = Policy([signal(model)])
    let walked = try WalkedForecast(model, over: history, clock: LocalClock())
    let backtest = try Backtest(
      of: policy, over: history.series, walked: ["predicted": walked],
      settings: Backtest.Settings(
        from: history.start + .seconds(5 * 86_400), to: history.end, perReplica: 100),
      zones: zones)
    let own = backtest.policy.account
    let matched = backtest.equalHours.outcome.account
    #expect(abs(matched.replicaHours / own.replicaHours - 1) < 0.05)
    #expect(own.underProvisioned < matched.underProvisioned)
    #expect(own.unservedShare < matched.unservedShare)
    #expect(backtest.verdict.hasPrefix("The policy cuts the time with too few pods by "))
    #expect(backtest.warnings(policy, history: history).isEmpty)
  }

  @Test func `What was not served is counted by the load, and the longest shortage is told`() {
    var account = BacktestAccount()
    let start = Instant(milliseconds: 0)
    account.passed(
      seconds: 100, from: start, needed: 10, serving: 5, replicas: 5, load: 950, perReplica: 100)
    account.passed(
      seconds: 20, from: start + .seconds(100), needed: 10, serving: 9, replicas: 10, load: 950,
      perReplica: 100)
    account.passed(
      seconds: 80, from: start + .seconds(120), needed: 10, serving: 10, replicas: 10, load: 950,
      perReplica: 100)
    let unserved: Double = 450 * 100 + 50 * 20
    let load: Double = 950 * 200
    #expect(account.unservedShare == unserved / load)
    #expect(account.longestShortage == .seconds(120))
    #expect(account.longestAt == start)
    #expect(account.worstShortfall == 5)
  }

  @Test func `A reader is warned of what makes the figures doubtful`() throws {
    let history = try history()
    let policy = Policy([.query(threshold: 50)])
    let backtest = try Backtest(
      of: policy, over: history.series,
      settings: Backtest.Settings(
        from: history.start, to: history.end, perReplica: 100, startup: .seconds(30),
        maxReplicas: 8), zones: zones)
    let warnings = backtest.warnings(policy, history: history)
    #expect(warnings.count == 3)
    #expect(warnings[0].contains("every 5m") && warnings[0].contains("30s"))
    #expect(warnings[1].contains("counts 50 a replica, and --per-replica says 100"))
    #expect(
      warnings[2]
        == "Up to 10 replicas are needed, and my-api may have 8 at most: no policy can serve the"
        + " rest.")
  }
}
