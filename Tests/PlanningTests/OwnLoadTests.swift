internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// Backtests over the project's own load histories, of which one replica serves 500 or 50.
struct OwnLoadTests {
  private static let workdays: Set<Weekday> = [.monday, .tuesday, .wednesday, .thursday, .friday]

  private func settings(of history: LoadHistory, perReplica: Double) -> Backtest.Settings {
    Backtest.Settings(
      from: history.start + .seconds(14 * 86_400), to: history.end, perReplica: perReplica,
      minReplicas: 2)
  }

  @Test func `A schedule has pods where an HPA alone is late`() throws {
    let history = try LoadHistory.own("smooth.csv")
    let office = [
      ScheduleRule(
        name: "Morning", days: Self.workdays, start: .at("07:30"), end: .at("08:00"), replicas: 15),
      ScheduleRule(
        name: "Office", days: Self.workdays, start: .at("08:00"), end: .at("18:00"), replicas: 24),
    ]
    let backtest = try Backtest(
      of: Policy([.query(threshold: 500), .schedule(office, default: 4)], leadTime: .seconds(300)),
      over: history.series, settings: settings(of: history, perReplica: 500), zones: zones)
    let ours = backtest.policy.account
    let alone = backtest.reactive.account
    #expect(ours.underProvisioned * 3 < alone.underProvisioned)
    #expect(ours.replicaHours < alone.replicaHours * 1.1)
    #expect(ours.scalings < alone.scalings)
  }

  @Test func `A forecast of the week before helps too`() throws {
    let history = try LoadHistory.own("smooth.csv")
    let predicted = try history.forecast(from: .previousWeek, perReplica: 500)
    let backtest = try Backtest(
      of: Policy([.query(threshold: 500), .forecast()], leadTime: .seconds(300)),
      over: history.series, forecasts: ["predicted": predicted],
      settings: settings(of: history, perReplica: 500), zones: zones)
    #expect(backtest.policy.account.underProvisioned < backtest.reactive.account.underProvisioned)
  }
}
