internal import Foundation
internal import Manifests
internal import Planning
internal import Scaling
internal import TestKit
internal import Testing

/// The schedule of `deploy/examples/backtest/taxi.yaml` over the taxi rides, where they are.
@Suite(.enabled(if: LoadHistory.areRealOnesThere)) struct TaxiTests {
  private func policy() throws -> Policy {
    let path = FixtureFiles.repository
      .appendingPathComponent("deploy/examples/backtest/taxi.yaml").path
    let check = ManifestCheck(
      paths: [path], defaults: PolicyDefaults(), zones: zones,
      now: try .at("2014-07-01T00:00:00Z"))
    #expect(check.diagnostics.isEmpty)
    return try #require(check.catalog.policies.values.first).value
  }

  /// Its rules were written from the rides of July; the winter is news to them.
  @Test func `The schedule has pods where an HPA alone is late`() throws {
    let history = try LoadHistory.real("nyc_taxi.csv")
    let backtest = try Backtest(
      of: try policy(), over: history.series,
      settings: Backtest.Settings(
        from: try .at("2014-11-03T00:00:00Z"), to: try .at("2014-11-24T00:00:00Z"),
        perReplica: 500, minReplicas: 2), zones: zones)
    let ours = backtest.policy.account
    let alone = backtest.reactive.account
    #expect(ours.underProvisioned * 2 < alone.underProvisioned)
    #expect(ours.replicaHours < alone.replicaHours * 1.25)
    #expect(ours.scalings < alone.scalings)
  }

  @Test func `A forecast of the week before helps too`() throws {
    let history = try LoadHistory.real("nyc_taxi.csv")
    let predicted = try history.forecast(from: .previousWeek, perReplica: 500)
    let backtest = try Backtest(
      of: Policy([.query(threshold: 500), .forecast()], leadTime: .seconds(300)),
      over: history.series, forecasts: ["predicted": predicted],
      settings: Backtest.Settings(
        from: try .at("2014-11-10T00:00:00Z"), to: try .at("2014-11-24T00:00:00Z"),
        perReplica: 500, minReplicas: 2), zones: zones)
    #expect(backtest.policy.account.underProvisioned < backtest.reactive.account.underProvisioned)
  }
}
