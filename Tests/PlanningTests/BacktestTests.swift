internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct BacktestTests {
  /// A policy, a load and settings that a seed makes up.
  private struct RandomCase {
    let oracle: BacktestOracle

    init(seed: Int) throws {
      var random = SeededGenerator(seed: UInt64(seed))
      let start = try Instant.at("2026-11-20T05:00:00Z")
      let step = [60, 97, 300, 600][Int.random(in: 0...3, using: &random)]
      var samples: [LoadHistory.Sample] = []
      var at = 0
      var level = Double.random(in: 0...3000, using: &random)
      while at < 9000 {
        samples.append(LoadHistory.Sample(at: start + .seconds(at), value: level.rounded()))
        let isGap = Int.random(in: 0...19, using: &random) == 0
        at += isGap ? step * Int.random(in: 2...8, using: &random) : step
        switch Int.random(in: 0...5, using: &random) {
        case 0: level = 0
        case 1: level = Double.random(in: 0...8000, using: &random)
        case 2: break
        default: level *= Double.random(in: 0.85...1.2, using: &random)
        }
      }
      let shape = LoadShape.allCases[seed % 2]
      let history = try LoadHistory(samples: samples, shape: shape)
      var signals: [Signal] = []
      if Int.random(in: 0...3, using: &random) > 0 { signals.append(.query(threshold: 100)) }
      let rules = (0..<4).map { index in
        ScheduleRule(
          name: "Rule \(index)",
          start: TimeOfDay(minutes: Int.random(in: 240...440, using: &random)) ?? .startOfDay,
          end: TimeOfDay(minutes: Int.random(in: 310...500, using: &random)) ?? .endOfDay,
          replicas: Int.random(in: 0...60, using: &random),
          atMost: Bool.random(using: &random) ? Int.random(in: 0...50, using: &random) : nil,
          priority: index)
      }
      signals.append(.schedule(rules, default: Int.random(in: 0...3, using: &random)))
      var forecasts: [String: ForecastSeries] = [:]
      if Bool.random(using: &random) {
        signals.append(.forecast())
        forecasts["predicted"] = ForecastSeries(
          generatedAt: start + .seconds(Int.random(in: -600...3600, using: &random)),
          step: .seconds(Int.random(in: 30...900, using: &random)),
          replicas: (0..<20).map { _ in Int.random(in: 0...40, using: &random) })
      }
      let least = [0, 0, 1, 5][Int.random(in: 0...3, using: &random)]
      oracle = BacktestOracle(
        policy: Policy(
          signals, leadTime: .seconds(Int.random(in: 0...1200, using: &random)),
          limits: ReplicaLimits(minReplicas: least)),
        history: history, forecasts: forecasts,
        settings: Backtest.Settings(
          from: start + .seconds(Int.random(in: 0...700, using: &random)), to: history.end,
          perReplica: 100, startup: .seconds(Int.random(in: 0...200, using: &random)),
          minReplicas: least, maxReplicas: [40, 100][Int.random(in: 0...1, using: &random)],
          tolerance: [0.1, 0.1, 0, 0.25][Int.random(in: 0...3, using: &random)]),
        delay: .seconds([0, 0, 45, 150][Int.random(in: 0...3, using: &random)]))
    }
  }

  private func account(_ account: BacktestAccount) -> BacktestOracle.Account {
    let worst = account.worstEpisode
    return BacktestOracle.Account(
      underProvisioned: Int(account.underProvisioned.components.seconds),
      replicaSeconds: Int((account.replicaHours * 3600).rounded()),
      worstShortfall: account.worstShortfall, scalings: account.scalings,
      longestShortage: Int(account.longestShortage.components.seconds),
      worstEpisode: Int(worst?.length.components.seconds ?? 0),
      worstUnserved: worst?.unserved ?? 0,
      unservedShare: account.unservedShare)
  }

  @Test(arguments: 1...40)
  func `Passing over seconds gives what looking at every second gives`(_ seed: Int) throws {
    let oracle = try RandomCase(seed: seed).oracle
    let backtest = try Backtest(
      of: oracle.policy, over: oracle.history.series,
      observed: oracle.history.series.delayed(by: oracle.delay), forecasts: oracle.forecasts,
      settings: oracle.settings, zones: zones)
    let expected = try oracle.accounts()
    #expect(account(backtest.policy.account) == expected.policy)
    #expect(account(backtest.reactive.account) == expected.reactive)
    #expect(account(backtest.oracle.account) == expected.oracle)
  }

  /// A load of 100 until 12:00 and of 1000 after it; one replica carries 100.
  private func jump(
    _ signals: [Signal], startup: Int = 60, minReplicas: Int = 1
  ) throws -> Backtest {
    let start = try Instant.at("2026-11-20T11:00:00Z")
    let samples = (0..<24).map { index in
      LoadHistory.Sample(at: start + .seconds(index * 300), value: index < 12 ? 100 : 1000)
    }
    let history = try LoadHistory(samples: samples)
    return try Backtest(
      of: Policy(signals), over: history.series,
      settings: Backtest.Settings(
        from: history.start, to: history.end, perReplica: 100, startup: .seconds(startup),
        minReplicas: minReplicas), zones: zones)
  }

  @Test func `An HPA alone climbs by four pods or all of them each 15 s, and pods start`() throws {
    let backtest = try jump([.query(threshold: 100)])
    let account = backtest.reactive.account
    // 12:00:00 one pod becomes five, 12:00:15 ten; those serve from 12:01:15 on.
    #expect(account.underProvisioned == .seconds(75))
    #expect(account.worstShortfall == 9)
    #expect(try account.worstAt == Instant.at("2026-11-20T12:00:00Z"))
    #expect(account.scalings == 2)
    // A query alone has no lead: Headstart does the same.
    #expect(backtest.policy.account == account)
  }

  @Test func `A schedule starts its pods before the load comes`() throws {
    let rule = ScheduleRule(name: "Noon", start: .at("12:00"), end: .at("14:00"), replicas: 10)
    let backtest = try jump([.query(threshold: 100), .schedule([rule])])
    #expect(backtest.policy.account.underProvisioned == .zero)
    #expect(backtest.policy.account.worstShortfall == 0)
    #expect(backtest.policy.account.worstAt == nil)
    // Ten minutes of nine replicas too early, less the ramp.
    #expect(backtest.policy.account.replicaHours > backtest.oracle.account.replicaHours + 1)
    #expect(backtest.oracle.account.replicaHours == 11)
    #expect(backtest.oracle.account.scalings == 1)
  }

  @Test func `The answer falls after the downscale window only`() throws {
    let start = try Instant.at("2026-11-20T11:00:00Z")
    let history = try LoadHistory(
      samples: (0..<4).map {
        LoadHistory.Sample(at: start + .seconds($0 * 900), value: $0 == 0 ? 1000 : 100)
      })
    let backtest = try Backtest(
      of: Policy([.query(threshold: 100)]), over: history.series,
      settings: Backtest.Settings(from: start, to: history.end, perReplica: 100), zones: zones)
    let fall = backtest.reactive.replicas.steps.last
    // The last sync that recommended ten was at 11:14:45.
    #expect(try fall?.start == Instant.at("2026-11-20T11:19:45Z"))
    #expect(fall?.value == 1)
  }

  /// In doubles, as its controller reckons, 1 - 1.1 is a little more than a tenth, 1 - 0.9 is not.
  @Test func `Within ten per cent an HPA does nothing`() throws {
    let start = try Instant.at("2026-11-20T11:00:00Z")
    for (load, scalings) in [(2199.0, 0), (2200, 1), (1800, 0), (1799, 1)] {
      let history = try LoadHistory(
        samples: [2000, load, load, load].enumerated().map {
          LoadHistory.Sample(at: start + .seconds($0 * 900), value: $1)
        })
      let backtest = try Backtest(
        of: Policy([.query(threshold: 100)]), over: history.series,
        settings: Backtest.Settings(from: start, to: history.end, perReplica: 100), zones: zones)
      #expect(backtest.reactive.account.scalings == scalings, "\(load)")
    }
  }

  @Test func `KEDA scales to zero after its cooldown and up again at a poll`() throws {
    let rule = ScheduleRule(name: "Noon", start: .at("12:00"), end: .at("12:30"), replicas: 3)
    let backtest = try jump([.schedule([rule])], minReplicas: 0)
    let steps = backtest.policy.replicas.steps.map { "\($0.start.rfc3339) \($0.value ?? -1)" }
    #expect(
      steps == [
        "2026-11-20T11:00:00Z 1.0", "2026-11-20T11:05:00Z 0.0", "2026-11-20T11:50:30Z 3.0",
        "2026-11-20T12:34:30Z 0.0",
      ])
    // An HPA alone keeps one.
    #expect(backtest.reactive.replicas.steps.allSatisfy { ($0.value ?? 0) >= 1 })
  }

  @Test func `What is not known does not count`() throws {
    let start = try Instant.at("2026-11-20T00:00:00Z")
    let minutes = Array(0..<60) + Array(120..<180)
    let history = try LoadHistory(
      samples: minutes.map { LoadHistory.Sample(at: start + .seconds($0 * 60), value: 500) })
    #expect(history.gaps.count == 1)
    #expect(history.gaps.first?.unknown == .seconds(58 * 60))
    let backtest = try Backtest(
      of: Policy([.query(threshold: 100)]), over: history.series,
      settings: Backtest.Settings(from: start, to: history.end, perReplica: 100), zones: zones)
    #expect(backtest.accounted == .seconds(122 * 60))
    #expect(backtest.excluded == .seconds(58 * 60))
    #expect(backtest.oracle.account.replicaHours == 5 * 122.0 / 60)
    // A lost query scales nothing down.
    #expect(backtest.policy.account.underProvisioned == .zero)
  }

  @Test func `The table has a column for each`() throws {
    let lines = try jump([.query(threshold: 100)]).table
    #expect(
      lines.first?.split(separator: " ") == [
        "headstart", "HPA", "alone", "HPA,", "same", "hours", "oracle",
      ])
    #expect(lines.contains { $0.hasPrefix("under-provisioned") && $0.contains("1m15s") })
    #expect(Set(lines.map(\.count)).count == 1)
  }
}
