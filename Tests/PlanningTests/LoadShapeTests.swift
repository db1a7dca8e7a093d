internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct LoadShapeTests {
  private func history(
    _ values: [(minute: Int, value: Double)], shape: LoadShape
  ) throws -> LoadHistory {
    let start = try Instant.at("2026-11-20T00:00:00Z")
    return try LoadHistory(
      samples: values.map {
        LoadHistory.Sample(at: start + .seconds($0.minute * 60), value: $0.value)
      }, shape: shape)
  }

  @Test func `In a straight line the load changes every 15 s, and never looks ahead`() throws {
    let history = try history([(0, 100), (1, 500), (2, 500)], shape: .linear)
    let values = history.series.steps.map { ($0.start.rfc3339.suffix(9), $0.value) }
    #expect(
      values.map(\.0) == [
        "00:00:00Z", "00:00:15Z", "00:00:30Z", "00:00:45Z", "00:01:00Z", "00:03:00Z",
      ])
    #expect(values.map(\.1) == [100, 200, 300, 400, 500, nil])
  }

  @Test func `A held load stays until the next sample`() throws {
    let history = try history([(0, 100), (1, 500), (2, 100)], shape: .held)
    #expect(history.series.steps.map(\.value) == [100, 500, 100, nil])
  }

  @Test func `Across a gap there is no line`() throws {
    let history = try history([(0, 100), (1, 100), (2, 100), (10, 900)], shape: .linear)
    let start = history.start
    #expect(history.series.value(at: start + .seconds(4 * 60)) == 100)
    #expect(history.series.value(at: start + .seconds(5 * 60)) == nil)
    #expect(history.series.value(at: start + .seconds(10 * 60)) == 900)
  }

  @Test func `A bucket of a line is its highest value, and knows nothing of the next sample`()
    throws
  {
    let history = try history([(0, 0), (10, 1200), (20, 0)], shape: .linear)
    let buckets = try LoadBuckets(
      history.series, from: history.start, to: history.end, step: .seconds(300))
    // 600 is reached at the beginning of the second bucket, which is not part of the first.
    #expect(buckets.values == [570, 1170, 1200, 600, 0, 0])
    #expect(buckets.start(of: buckets.first) == history.start)
  }

  /// A ramp from 1 to 21 replicas in ten minutes: an HPA that sees it three minutes late is short for
  /// longer than one that sees it at once.
  @Test func `What metrics show late is answered late`() throws {
    let history = try history(
      (0...60).map { ($0, $0 < 20 ? 100 : Double(min($0 - 19, 11) - 1) * 200 + 100) },
      shape: .linear)
    func replayed(after delay: Duration) throws -> Backtest {
      try Backtest(
        of: Policy([.query(threshold: 100)]), over: history.series,
        observed: history.series.delayed(by: delay),
        settings: Backtest.Settings(
          from: history.start, to: history.end, perReplica: 100, tolerance: 0), zones: zones)
    }
    let atOnce = try replayed(after: .zero)
    let late = try replayed(after: .seconds(180))
    #expect(
      late.policy.account.underProvisioned
        >= atOnce.policy.account.underProvisioned + .seconds(120))
    #expect(
      late.reactive.account.underProvisioned
        >= atOnce.reactive.account.underProvisioned + .seconds(120))
    #expect(late.oracle.account == atOnce.oracle.account)
  }
}
