internal import Configuration
internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import Commands

/// What `backtest` takes from its flags, from the policies and from the load.
struct BacktestInputTests {
  private static func command(_ flags: String...) throws -> BacktestCommand {
    try BacktestCommand(flags[...])
  }

  private static func policy(
    _ name: String, threshold: Double? = 100, limits: ReplicaLimits = ReplicaLimits()
  ) -> Policy {
    let schedule = Signal(name: "calendar", kind: .schedule(Schedule(timeZone: "UTC")))
    let query = threshold.map {
      Signal(
        name: "live",
        kind: .prometheus(PrometheusSignal(source: "main", query: "load", threshold: $0)))
    }
    return Policy(
      name: ResourceName(name: name), limits: limits,
      signals: [schedule] + [query].compactMap(\.self))
  }

  private static func history(days: Int) throws -> LoadHistory {
    let start = try Instant.at("2024-01-01T00:00:00Z")
    return try LoadHistory(
      samples: (0..<days * 24).map {
        LoadHistory.Sample(at: start + .seconds($0 * 3600), value: 100)
      })
  }

  @Test func `one replica carries what the flag says, or the policies agree on`() throws {
    let policies = [Self.policy("a"), Self.policy("b")]
    #expect(try Self.command().perReplica(of: policies) == 100)
    #expect(try Self.command("--per-replica=7.5").perReplica(of: policies) == 7.5)
    for (other, words) in [
      (Self.policy("c", threshold: 50), "different thresholds"),
      (Self.policy("c", threshold: nil), "the policy c has no query"),
    ] {
      let error = #expect(throws: UsageError.self) {
        try Self.command().perReplica(of: policies + [other])
      }
      #expect(error?.description.contains(words) == true)
      #expect(error?.description.contains("--per-replica") == true)
    }
  }

  @Test func `a query that is switched on says nothing of what a replica carries`() throws {
    let switched = Policy(
      name: ResourceName(name: "a"),
      signals: [
        Signal(
          name: "live",
          kind: .prometheus(
            PrometheusSignal(source: "main", query: "load", threshold: 1, switchedTo: 3)))
      ])
    #expect(throws: UsageError.self) { try Self.command().perReplica(of: [switched]) }
  }

  @Test func `bounds are the flags', else the policy's, else KEDA's`() throws {
    func limits(_ flags: [String], _ policy: Policy) throws -> [Int] {
      let limits = try BacktestCommand(flags[...]).limits(of: policy)
      return [limits.min, limits.max]
    }
    let limited = Self.policy("a", limits: ReplicaLimits(minReplicas: 3, maxReplicas: 9))
    #expect(try limits([], limited) == [3, 9])
    #expect(try limits(["--min-replicas=1", "--max-replicas=20"], limited) == [1, 20])
    let free = Self.policy("b")
    #expect(
      try limits([], free) == [free.limits.minReplicas, Backtest.Settings.defaultMaxReplicas])
    #expect(try limits(["--min-replicas=300"], free) == [300, 300])
    for flags in [["--max-replicas=0"], ["--min-replicas=10"]] {
      #expect(throws: UsageError.self) { try limits(flags, limited) }
    }
  }

  @Test func `the tested part is what there is of the period, after the season before it`() throws {
    let history = try Self.history(days: 10)
    let (from, to) = (history.start, history.end)
    let minute = Duration.seconds(60)
    let command = try Self.command()
    func tested(
      _ from: Instant?, _ to: Instant?, season: LoadHistory.Season? = nil
    ) throws -> [Instant] {
      let tested = try command.testedPeriod((from, to), of: history, season: season)
      return [tested.from, tested.to]
    }
    #expect(try tested(nil, nil) == [from, to])
    #expect(try tested(from - minute, to + minute) == [from, to])
    #expect(try tested(from + minute, to - minute) == [from + minute, to - minute])
    let season = try #require(LoadHistory.Season(rawValue: "previous-week"))
    #expect(try tested(from, nil, season: season) == [from + .seconds(7 * 86_400), to])
    let error = #expect(throws: UsageError.self) {
      try command.testedPeriod((nil, nil), of: try Self.history(days: 7), season: season)
    }
    #expect(error?.description.contains("leaves nothing to test") == true)
  }

  @Test(arguments: [
    (["--from=2024-01-02", "--to=2024-01-01"], "the period is reversed"),
    (["--from=2024-01-01", "--to=2024-01-01"], "the period is reversed"),
    (["--from=soon"], "flag --from"),
  ])
  func `a period has an order`(flags: [String], words: String) {
    let error = #expect(throws: UsageError.self) { try BacktestCommand(flags[...]).period() }
    #expect(error?.description.contains(words) == true)
  }

  @Test func `a forecast is simulated or given, and a sweep names a thing once`() throws {
    #expect(try Self.command().season() == nil)
    #expect(try Self.command("--forecast-from=previous-day").season()?.length == .seconds(86_400))
    #expect(throws: UsageError.self) { try Self.command("--forecast-from=tomorrow").season() }
    #expect(throws: UsageError.self) {
      try Self.command("--forecast-from=previous-day", "--forecast=a.json").season()
    }
    #expect(try Self.command("--sweep=leadTime=1m,5m").sweeps().count == 1)
    let error = #expect(throws: UsageError.self) {
      try Self.command("--sweep=leadTime=1m", "--sweep=leadTime=5m").sweeps()
    }
    #expect(error?.description.contains("twice") == true)
  }

  @Test(
    arguments: [
      ([], "needs a load"), (["--prometheus=http://p"], "--query, --from and --to"),
      (["--load=a", "--prometheus=http://p"], "either --load or --prometheus"),
      (["--load=a", "--between-samples=wild"], "linear or held"),
    ] as [([String], String)])
  func `there is one load`(flags: [String], words: String) {
    let error = #expect(throws: UsageError.self) {
      try BacktestCommand(flags[...]).history(from: nil, to: nil)
    }
    #expect(error?.description.contains(words) == true)
  }
}
