internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct BacktestAccountTests {
  /// A load by the minute; a pod carries 100 and starts in 60 s.
  private func backtest(_ values: [Double], maxReplicas: Int = 100) throws -> Backtest {
    let start = try Instant.at("2026-11-20T00:00:00Z")
    let history = try LoadHistory(
      samples: values.enumerated().map {
        LoadHistory.Sample(at: start + .seconds($0 * 60), value: $1)
      })
    return try Backtest(
      of: Policy([.query(threshold: 100)]), over: history.series,
      settings: Backtest.Settings(
        from: history.start, to: history.end, perReplica: 100, minReplicas: 1,
        maxReplicas: maxReplicas), zones: zones)
  }

  @Test func `What is not served is what the load has above its pods, at every instant`() throws {
    // Two pods at most; ten minutes of 250, ten of 300, twenty of 200.
    let account = try backtest(
      [Double](repeating: 250, count: 10) + [Double](repeating: 300, count: 10)
        + [Double](repeating: 200, count: 20), maxReplicas: 2
    ).policy.account
    #expect(account.underProvisioned == .seconds(1200))
    let carried = 250.0 * 10 + 300 * 10 + 200 * 20
    #expect(abs(account.unservedShare - (50.0 * 10 + 100 * 10) / carried) < 1e-12)
    #expect(account.worstShortfall == 1)
  }

  @Test func `The worst episode is not the longest, but the one with the most load unserved`()
    throws
  {
    // Ten minutes of a little too much, and five of much too much.
    let long = [Double](repeating: 210, count: 10)
    let high = [Double](repeating: 900, count: 5)
    let calm = [Double](repeating: 200, count: 10)
    let account = try backtest(calm + long + calm + high + calm, maxReplicas: 2).policy.account
    #expect(account.longestShortage == .seconds(600))
    #expect(try account.longestAt == Instant.at("2026-11-20T00:10:00Z"))
    #expect(account.worstEpisode?.length == .seconds(300))
    #expect(try account.worstEpisode?.from == Instant.at("2026-11-20T00:30:00Z"))
    #expect(account.worstEpisode.map { abs($0.unservedShare - 7.0 / 9) < 1e-12 } == true)
  }

  @Test func `An HPA at the same hours has the policy's hours, and is far off where it cannot`()
    throws
  {
    let wave = (0..<300).map { $0 / 30 % 2 == 0 ? 300.0 : 1200 }
    let start = try Instant.at("2026-11-20T00:00:00Z")
    let history = try LoadHistory(
      samples: wave.enumerated().map {
        LoadHistory.Sample(at: start + .seconds($0 * 60), value: $1)
      })
    func replay(_ schedule: Int, minReplicas: Int) throws -> Backtest {
      try Backtest(
        of: Policy([.schedule([], default: schedule)]), over: history.series,
        settings: Backtest.Settings(
          from: history.start, to: history.end, perReplica: 100, minReplicas: minReplicas),
        zones: zones)
    }
    let generous = try replay(14, minReplicas: 1)
    let hours = generous.policy.account.replicaHours
    #expect(abs(generous.equalHours.outcome.account.replicaHours / hours - 1) < 0.05)
    #expect(!generous.equalHours.isFarOff)
    #expect(generous.verdict.contains("an HPA at the same replica-hours"))
    // A policy that always says zero costs less than the one replica that an HPA keeps.
    let nothing = try replay(0, minReplicas: 0)
    #expect(nothing.equalHours.isFarOff)
    #expect(nothing.verdict.contains("the HPA whose replica-hours are nearest to it"))
  }
}
