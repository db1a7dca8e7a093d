internal import Scaling
internal import Synchronization
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

struct ForecastLearningTests {
  /// 12:02 UTC on a Friday, so that buckets of five minutes are complete up to noon.
  static let now = Instant(milliseconds: (1_795_132_800 + 43_320) * 1000)

  func model(
    quantile: Double = 0.9, activationThreshold: Double = 0,
    history: Duration = .seconds(3 * 86_400)
  ) -> BuiltInForecast {
    BuiltInForecast(
      source: "main", query: "load", threshold: 100, activationThreshold: activationThreshold,
      quantile: quantile, step: .seconds(300), leadTime: .seconds(600), history: history)
  }

  func feed(_ model: BuiltInForecast) -> Feed {
    .builtIn(source: ResourceName(name: "main"), Shared(model))
  }

  /// 1,000, and 2,000 from 12:00 to 13:00 each day.
  func daily(_ end: Int) -> Double {
    let second = (end - 1) % 86_400
    return (43_200..<46_800).contains(second) ? 2000 : 1000
  }

  func series(_ reading: Reading) -> ForecastSeries? {
    guard case .forecast(let series)? = reading.value else { return nil }
    return series
  }

  var now: Instant { Self.now }

  /// - Parameter body: gets the host and the server's requests.
  private func run(
    _ server: ScriptedServer, now: Instant = Self.now, _ body: (LearningHost) async throws -> Void
  ) async throws {
    let host = try LearningHost(now: now)
    defer {
      host.stop()
      server.stop()
    }
    host.define(
      DataSource(
        name: ResourceName(name: "main"), kind: .prometheus, address: server.address,
        timeout: .patience))
    try await body(host)
  }

  @Test func `A daily peak is foreseen from three days of history`() async throws {
    let server = try ScriptedServer.histories { ends, _ in ends.map { daily($0) } }
    try await run(server, now: now.advanced(by: .seconds(-600))) { host in
      host.retain(feed(model()))
      let reading = await host.reading(of: feed(model())) { series($0) != nil }
      let found = try #require(series(reading))
      // 11:52 is two buckets before the peak.
      #expect(found.generatedAt.rfc3339 == "2026-11-20T11:50:00Z")
      #expect(found.step == .seconds(300))
      #expect(found.replicas.count == 5)
      #expect(found.replicas[0] <= 12)
      #expect(found.replicas[2] >= 18)
      let account = try #require(reading.account)
      #expect(account.history == .seconds(3 * 86_400 + 42_600))
      #expect(account.stage == "knows 3 days")
      #expect(account.steps[2].weekday == .friday)
      // Oldest first, a day at once.
      let spans = server.requests.map { $0.body.contains("start=1794873900") }
      #expect(spans == [true, false, false, false])
    }
  }

  @Test func `Policies that agree share one fetch, and one that differs in the quantile too`()
    async throws
  {
    let server = try ScriptedServer.histories { ends, _ in ends.map { daily($0) } }
    try await run(server) { host in
      let feeds = [
        feed(model()), feed(model(activationThreshold: 1500)), feed(model(quantile: 0.99)),
      ]
      for feed in feeds { host.retain(feed) }
      var found: [ForecastSeries?] = []
      for feed in feeds {
        found.append(series(await host.reading(of: feed) { series($0) != nil }))
      }
      #expect(server.requests.count == 4)
      #expect(found[1]?.replicas.allSatisfy { $0 == 0 || $0 >= 15 } == true)
      #expect((found[2]?.replicas[0] ?? 0) >= (found[0]?.replicas[0] ?? .max))
    }
  }

  @Test func `A policy that comes later catches up, and then goes on with the others`() async throws
  {
    let server = try ScriptedServer.histories { ends, _ in ends.map { daily($0) } }
    try await run(server) { host in
      host.retain(feed(model()))
      _ = await host.reading(of: feed(model())) { series($0) != nil }
      host.retain(feed(model(quantile: 0.5)))
      _ = await host.reading(of: feed(model(quantile: 0.5))) { series($0) != nil }
      #expect(server.requests.count == 8)
      host.set(now: now.advanced(by: .seconds(300)))
      for quantile in [0.9, 0.5] {
        _ = await host.reading(of: feed(model(quantile: quantile))) {
          series($0)?.generatedAt.rfc3339 == "2026-11-20T12:05:00Z"
        }
      }
      #expect(server.requests.count == 9)
      #expect(
        server.requests.last?.body.contains("start=1795176300&end=1795176300&step=300") == true)
    }
  }

  @Test func `Too little history is silent, and says what is needed`() async throws {
    let server = try ScriptedServer.histories { ends, _ in
      ends.map { $0 > 1_795_132_800 + 42_600 ? daily($0) : nil }
    }
    try await run(server) { host in
      host.retain(feed(model()))
      let reading = await host.reading(of: feed(model())) { $0.failure?.kind == .silent }
      #expect(reading.value == nil)
      #expect(reading.failure?.message == "learning: 10 values are needed")
    }
  }

  @Test func `What a source has forgotten is not waited for, and is said`() async throws {
    let server = try ScriptedServer.histories { ends, _ in
      ends.map { $0 > 1_795_132_800 - 9 * 86_400 ? daily($0) : nil }
    }
    try await run(server) { host in
      let long = model(history: .seconds(28 * 86_400))
      host.retain(feed(long))
      let reading = await host.reading(of: feed(long)) { series($0) != nil }
      #expect(reading.account?.stage == "knows 9 days")
      #expect(server.requests.count == 29)
    }
  }

  @Test func `A lost source changes nothing of what was forecast, and the gap is fetched first`()
    async throws
  {
    let isLost = Mutex(false)
    let server = try ScriptedServer.histories { ends, _ in
      isLost.withLock { $0 } ? nil : ends.map { daily($0) }
    }
    try await run(server) { host in
      host.retain(feed(model()))
      let before = await host.reading(of: feed(model())) { series($0) != nil }
      isLost.withLock { $0 = true }
      host.set(now: now.advanced(by: .seconds(900)))
      let lost = await host.reading(of: feed(model())) { $0.failure != nil }
      #expect(lost.value == before.value)
      #expect(lost.failure?.kind == .lost)
      #expect(lost.failure?.message.contains("HTTP 503") == true)
      isLost.withLock { $0 = false }
      host.set(now: now.advanced(by: .seconds(1200)))
      let back = await host.reading(of: feed(model())) {
        series($0)?.generatedAt.rfc3339 == "2026-11-20T12:20:00Z"
      }
      #expect(back.failure == nil)
      #expect(back.account?.missing == 0)
    }
  }

  @Test func `An excluded span is not learnt`() async throws {
    let server = try ScriptedServer.histories { ends, _ in
      ends.map { $0 > 1_795_132_800 && $0 <= 1_795_132_800 + 3600 ? 90_000 : daily($0) }
    }
    try await run(server) { host in
      var excluding = model()
      excluding.exclusions = [
        Instant(milliseconds: 1_795_132_800_000)..<Instant(milliseconds: 1_795_136_400_000)
      ]
      host.retain(feed(excluding))
      let reading = await host.reading(of: feed(excluding)) { series($0) != nil }
      #expect(reading.account?.missing == 12)
      #expect(series(reading)?.replicas.max() ?? .max < 40)
    }
  }

  @Test func `A source that is not defined is named`() async throws {
    let server = try ScriptedServer.histories { ends, _ in ends.map { daily($0) } }
    try await run(server) { host in
      let other = Feed.builtIn(source: ResourceName(name: "other"), Shared(model()))
      host.retain(other)
      let reading = await host.reading(of: other) { $0.failure?.message.contains("other") == true }
      #expect(
        reading.failure?.message
          == "learning: 0 of 3 days are read; data source \"other\" is not defined (type prometheus)"
      )
    }
  }
}
