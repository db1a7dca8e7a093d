internal import Configuration
internal import Planning
internal import Testing
internal import Time

/// Configuration does not know Planning, whose defaults the help shows.
struct FlagDefaultsTests {
  @Test func `backtest and recommend have the defaults of the simulation`() throws {
    let backtest = try FlagParser<BacktestFlag>([])
    let recommend = try FlagParser<RecommendFlag>([])
    for text in [backtest.valueOrDefault(.startup), recommend.valueOrDefault(.startup)] {
      #expect(try Duration(text: text) == Backtest.Settings.defaultStartup)
    }
    for text in [backtest.valueOrDefault(.tolerance), recommend.valueOrDefault(.tolerance)] {
      #expect(Double(text) == Backtest.Settings.defaultTolerance)
    }
  }
}
