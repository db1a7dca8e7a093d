internal import Foundation
internal import TestKit
internal import Testing

@testable internal import Forecasting

/// The same forecasts as the reference's (forecast specification, test 1).
struct ReferenceTests {
  @Test(
    .enabled(if: LoadFixture.areThere, "the load histories are not beside the repository"),
    arguments: LoadFixture.all)
  func `Forecasts of real loads are the reference's`(_ fixture: LoadFixture) throws {
    let walk = try fixture.walk(quantile: 0.95)
    let expected = try fixture.expected()
    #expect(expected.count > 40)
    for row in expected {
      let found = try #require(walk.forecasts[row.index])
      try #require(found.count == row.loads.count)
      for (horizon, load) in row.loads.enumerated() {
        #expect(
          difference(found[horizon], load, threshold: fixture.threshold) <= 2e-4,
          "\(row.index) + \(horizon): \(found[horizon]), not \(load)")
      }
    }
  }

  @Test func `Forecasts of a made-up load are the reference's, whatever the audit says`() throws {
    let rows = try #require(FixtureTable(FixtureFiles.own("forecast/synthetic.csv"))).rows
    #expect(rows.count == 4416)
    let first = try #require(Int(rows[0][0]))
    let parameters = try ForecastParameters.reference(step: 900, leadTime: 3600, threshold: 50)
    var eager = parameters
    eager.auditMargin = 0.7
    // Paris: the clock goes back on 2026-10-25 at 01:00Z.
    let clock = LocalClock(step: 900, changes: [(0, 7200), (1_792_890_000, 3600)])
    var usual = LoadForecaster(parameters, clock: clock, firstBucket: first)
    var audited = LoadForecaster(eager, clock: clock, firstBucket: first)
    var charges: Set<ForecastModel> = []
    for row in rows {
      let bucket = try #require(Int(row[0]))
      #expect(usual.nextBucket == bucket)
      let forecasts = [usual.forecast(), audited.forecast()]
      for (forecast, columns) in zip(forecasts, [2..<6, 7..<11]) {
        for (horizon, text) in row[columns].enumerated() {
          guard let load = Double(text) else {
            #expect(forecast == nil && text.isEmpty)
            continue
          }
          let found = try #require(forecast).loads[horizon]
          #expect(
            difference(found, load, threshold: 50) <= 2e-4,
            "\(bucket) + \(horizon): \(found), not \(load), column \(columns)")
        }
      }
      if let charge = UInt8(row[6]) {
        #expect(audited.forecast()?.charge.rawValue == charge, "\(bucket)")
        charges.insert(try #require(ForecastModel(rawValue: charge)))
      }
      usual.observe(Double(row[1]))
      audited.observe(Double(row[1]))
    }
    #expect(charges == Set(ForecastModel.allCases))
  }
}
