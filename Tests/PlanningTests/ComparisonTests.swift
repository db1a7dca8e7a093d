internal import Foundation
internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct ComparisonTests {
  /// Half an hour of 5 replicas, half an hour of 20, for a day.
  private func history() throws -> LoadHistory {
    let start = try Instant.at("2026-11-20T00:00:00Z")
    return try LoadHistory(
      samples: (0..<1440).map {
        LoadHistory.Sample(at: start + .seconds($0 * 60), value: $0 / 30 % 2 == 0 ? 500 : 2000)
      })
  }

  private func comparison(_ replicas: [Int], maxReplicas: Int = 100) throws -> Comparison {
    let history = try history()
    let settings = Backtest.Settings(
      from: history.start, to: history.end, perReplica: 100, minReplicas: 1,
      maxReplicas: maxReplicas)
    var comparison = Comparison(
      over: history.series, observed: history.series, sweeps: [], settings: settings)
    for count in replicas {
      let policy = Policy(
        name: ResourceName(namespace: "default", name: "always-\(count)"),
        signals: [.schedule([], default: count)])
      try comparison.add(
        PolicySweep.Variant(policy: policy, values: []), settings: settings, zones: zones)
    }
    comparison.finish()
    return comparison
  }

  @Test func `The front has what no other row beats in both`() throws {
    // 19 and 12 are short for just as long; 30 is never short, and neither is 20.
    let comparison = try comparison([30, 19, 4, 20, 12])
    #expect(
      comparison.rows.map { "\($0.policy.name) \($0.isOnFront)" } == [
        "always-4 true", "always-12 true", "always-19 false", "always-20 true", "always-30 false",
      ])
    let equal = try #require(comparison.rows[3].equalHours)
    #expect(abs(equal.replicaHours / comparison.rows[3].account.replicaHours - 1) < 0.05)
    #expect(comparison.rows[2].equalHours == nil)
  }

  @Test func `The recommendation is the cheapest that keeps the promise`() throws {
    let comparison = try comparison([30, 12, 20])
    // 12.5 are needed on average: 20 are 60 % more.
    #expect(
      comparison.recommendations == [
        "For at most 5 % short: default/always-20: 60.0 % more replica-hours than needed.",
        "For at most 1 % short: default/always-20: 60.0 % more replica-hours than needed.",
        "For at most 0.1 % short: default/always-20: 60.0 % more replica-hours than needed.",
      ])
  }

  @Test func `Where none keeps the promise the nearest is named`() throws {
    let comparison = try comparison([12, 19])
    let last = try #require(comparison.recommendations.last)
    #expect(
      last.hasPrefix("For at most 5 % short: none of these; default/always-12 is short for 5"))
    #expect(comparison.recommendations.count == 1)
  }

  @Test func `The table has a line for each, one for the HPA and one for the oracle`() throws {
    let table = try comparison([12, 20]).table
    #expect(table.count == 5)
    #expect(table[0].hasPrefix("policy"))
    #expect(table[2].hasPrefix("default/always-20") && table[2].hasSuffix("*"))
    #expect(table[3].hasPrefix("HPA alone"))
    #expect(table[4].hasPrefix("oracle") && table[4].hasSuffix("+0.0 %"))
  }

  @Test func `A need above the maximum, other thresholds and rare samples are warned of`() throws {
    let comparison = try comparison([12], maxReplicas: 15)
    var policy = Policy([.query(threshold: 80)])
    policy.limits.maxReplicas = 10
    let start = try Instant.at("2026-11-20T00:00:00Z")
    let coarse = try LoadHistory(
      samples: (0..<10).map { LoadHistory.Sample(at: start + .seconds($0 * 600), value: 1) })
    let warnings = comparison.warnings([policy, policy], history: coarse)
    #expect(warnings.count == 3)
    #expect(warnings[0].contains("a sample every 10m"))
    #expect(warnings[1].contains("counts 80 a replica") && warnings[1].contains("100"))
    #expect(
      warnings[2].contains("Up to 20 replicas are needed") && warnings[2].contains("10 at most"))
    #expect(
      comparison.warnings([Policy([.query(threshold: 100)])], history: try history()).count == 1)
  }

  @Test func `The picture shows each row, the front and the HPA`() throws {
    let comparison = try comparison([12, 19, 20])
    let text = FrontChart(comparison, title: "A < B").text
    #expect(text.hasPrefix("<svg ") && text.hasSuffix("</svg>\n"))
    #expect(text.contains("A &lt; B"))
    #expect(text.components(separatedBy: "<circle").count == 1 + 3 + 1 + 1)
    #expect(text.contains("default/always-20: 0.000 % short, 60.0 % over the need"))
    #expect(!text.contains("nan") && !text.contains("inf"))
  }
}
