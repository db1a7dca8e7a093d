internal import CivilTime
internal import Forecasting
internal import Manifests
internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct RecommendationTests {
  private var wish: Recommendation.Wish {
    Recommendation.Wish(
      source: "main", query: "sum(rate(x{a='b'}[5m]))", perReplica: 100, startup: .seconds(300),
      atMostShort: 0.01, timeZone: "UTC", leadTime: nil, minReplicas: 1, maxReplicas: nil)
  }

  /// Three weeks of five minutes each.
  private func history(_ load: (_ day: Int, _ bucket: Int) -> Double) throws -> LoadHistory {
    let start = try Instant.at("2026-11-02T00:00:00Z")
    return try LoadHistory(
      samples: (0..<21 * 288).map { index in
        LoadHistory.Sample(
          at: start + .seconds(index * 300), value: load(index / 288, index % 288))
      }, shape: .linear)
  }

  private func recommendation(
    _ wish: Recommendation.Wish, _ history: LoadHistory
  ) throws -> (Recommendation, yaml: String) {
    let zone = try #require(zones.timeZone(named: wish.timeZone))
    let recommendation = try Recommendation(
      wish, over: history, zone: zone, zones: zones,
      walk: { try WalkedForecast($0, over: history, clock: LocalClock()) })
    return (recommendation, recommendation.yaml(address: "http://prometheus:9090", zone: zone))
  }

  /// What `check` says of a manifest.
  private func checked(_ yaml: String) throws -> ManifestCheck {
    let folder = try TemporaryFolder()
    let path = try folder.write("recommended.yaml", yaml)
    defer { withExtendedLifetime(folder) {} }
    return ManifestCheck(
      paths: [path], defaults: PolicyDefaults(), zones: zones, now: try .at("2026-11-24T00:00:00Z"))
  }

  @Test func `A load that never changes needs a query alone`() throws {
    let (recommendation, yaml) = try recommendation(wish, try history { _, _ in 450 })
    #expect(recommendation.chosen == .live)
    #expect(recommendation.keepsPromise)
    #expect(yaml.contains("leadTime: 0s") && !yaml.contains("quantile:"))
    let check = try checked(yaml)
    #expect(check.diagnostics.isEmpty, "\(check.diagnostics)")
  }

  @Test func `Where a calendar does as well as a forecast it is a calendar`() throws {
    let steep = try history { day, bucket in
      day % 7 < 5 && (96..<216).contains(bucket) ? 2950 : 450
    }
    var wish = wish
    wish.atMostShort = 0.001
    let (recommendation, yaml) = try recommendation(wish, steep)
    guard case .calendar = recommendation.chosen else {
      Issue.record("\(recommendation.introduction.joined(separator: "\n"))")
      return
    }
    #expect(recommendation.keepsPromise)
    #expect(yaml.contains("days: [Mon-Fri]") && yaml.contains("replicas: 30"))
    let check = try checked(yaml)
    #expect(!check.hasErrors, "\(check.diagnostics)")
    let policy = try #require(check.catalog.policies.values.first).value
    #expect(policy.limits == ReplicaLimits(minReplicas: 1, maxReplicas: 45))
    #expect(policy.signals.count == 2)
  }

  /// Every hour has a peak of ten minutes that no calendar of hours knows but as the hour's height, and
  /// no query sees before it.
  @Test func `Where peaks are foreseen cheaper than held it is a forecast`() throws {
    let peaks = try history { day, bucket in
      bucket % 36 == 30 || bucket % 36 == 31 ? 1950 : 350 + Double(day % 7) * 10
    }
    let (recommendation, yaml) = try recommendation(wish, peaks)
    guard case .forecast(_, let leadTime) = recommendation.chosen else {
      Issue.record("\(recommendation.introduction.joined(separator: "\n"))")
      return
    }
    #expect(leadTime >= .seconds(600))
    #expect(yaml.contains("timeZone: UTC") && yaml.contains("query: 'sum(rate(x{a=''b''}[5m]))'"))
    let check = try checked(yaml)
    #expect(check.diagnostics.isEmpty, "\(check.diagnostics)")
    let policy = try #require(check.catalog.policies.values.first).value
    #expect(policy.leadTime == leadTime)
    #expect(
      policy.signals.allSatisfy {
        if case .prometheus(let query) = $0.kind { query.query == wish.query } else { true }
      })
  }

  @Test func `Where nothing keeps the promise it says so`() throws {
    var random = SeededGenerator(seed: 1)
    let noise = (0..<21 * 288).map { _ in
      Int.random(in: 0...20, using: &random) == 0
        ? 9000 : Double.random(in: 0...500, using: &random)
    }
    let bursts = try history { day, bucket in noise[day * 288 + bucket] }
    var wish = wish
    wish.atMostShort = 0
    wish.maxReplicas = 20
    let (recommendation, yaml) = try recommendation(wish, bursts)
    #expect(!recommendation.keepsPromise)
    #expect(yaml.contains("# NONE of those tried"))
    #expect(try !checked(yaml).hasErrors)
  }

  @Test func `A query of several lines survives, and so does one with quotes`() throws {
    var wish = wish
    wish.query = "sum(\n  rate(x{path=~\"/a.*\"}[5m])\n)"
    let (_, yaml) = try recommendation(wish, try history { _, _ in 100 })
    let policy = try #require(try checked(yaml).catalog.policies.values.first).value
    guard case .prometheus(let query) = policy.signals[0].kind else {
      Issue.record("no query")
      return
    }
    #expect(query.query == wish.query)
  }

  @Test(arguments: ["1234567", "true", "null", "0x1f"], [1e-7, 0.123_456_789, 2.5e18])
  func `Names that YAML takes for something else survive, and any threshold`(
    _ source: String, perReplica: Double
  ) throws {
    var wish = wish
    wish.source = source
    wish.perReplica = perReplica
    wish.leadTime = .seconds(7200)
    let start = try Instant.at("2026-11-02T00:00:00Z")
    let hourly = try LoadHistory(
      samples: (0..<48).map {
        LoadHistory.Sample(at: start + .seconds($0 * 3600), value: perReplica * 3)
      })
    let check = try checked(try recommendation(wish, hourly).yaml)
    #expect(check.diagnostics.isEmpty, "\(check.diagnostics)")
    let policy = try #require(check.catalog.policies.values.first).value
    guard case .prometheus(let query) = policy.signals[0].kind else {
      Issue.record("no query")
      return
    }
    #expect(query.source == source)
    #expect(query.threshold == perReplica)
  }

  @Test func `More replicas than a manifest may have are refused`() throws {
    var wish = wish
    wish.perReplica = 0.001
    wish.leadTime = .seconds(7200)
    let start = try Instant.at("2026-11-02T00:00:00Z")
    func hourly(_ load: Double) throws -> LoadHistory {
      try LoadHistory(
        samples: (0..<48).map { LoadHistory.Sample(at: start + .seconds($0 * 3600), value: load) })
    }
    #expect(throws: InvalidHistory.self) { try recommendation(wish, hourly(1000.001)) }
    let check = try checked(try recommendation(wish, hourly(1000)).yaml)
    #expect(check.diagnostics.isEmpty, "\(check.diagnostics)")
  }

  @Test func `Where an HPA with as many replicas does as well it says so`() throws {
    // Small steps that no history foretells: room for the highest one is all that it takes.
    var wish = wish
    wish.leadTime = .seconds(600)
    let (recommendation, yaml) = try recommendation(
      wish, try history { day, bucket in Double(1000 + (day * 288 + bucket) / 30 * 7919 % 23 * 10) }
    )
    let row = recommendation.row
    let equal = recommendation.comparison.rows.first { $0.label == row.label }?.equalHours
    #expect(recommendation.chosen != .live)
    #expect(try #require(equal).underProvisioned < row.account.underProvisioned)
    #expect(yaml.contains("looking ahead does not pay"))
  }

  @Test func `Less than two days are refused`() throws {
    let start = try Instant.at("2026-11-02T00:00:00Z")
    let short = try LoadHistory(
      samples: (0..<47).map { LoadHistory.Sample(at: start + .seconds($0 * 3600), value: 1) })
    #expect(throws: InvalidHistory.self) { try recommendation(wish, short) }
  }
}
