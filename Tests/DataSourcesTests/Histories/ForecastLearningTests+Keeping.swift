internal import EventLoop
internal import Forecasting
internal import Scaling
internal import Synchronization
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

/// What was learnt before, by this replica or by another one.
extension ForecastLearningTests {
  @Test(arguments: ["UTC", "Asia/Karachi"])
  func `A restart asks only for what is new, and says what it said`(zone: String) async throws {
    let fleet = try Fleet()
    defer { fleet.stop() }
    var model = model()
    model.timeZone = zone
    let feed = feed(model)
    let first = try fleet.host(now: now, store: fleet.store)
    first.retain(feed)
    let said = series(await first.reading(of: feed) { series($0) != nil })
    first.stop()
    #expect(fleet.kept.states.withLock { $0.count } == 1)
    let asked = fleet.server.requests.count
    fleet.isAway.value.withLock { $0 = true }
    let second = try fleet.host(now: now.advanced(by: .seconds(600)), store: fleet.store)
    second.retain(feed)
    // With the zone's clock, though nothing was learnt yet.
    let restored = await second.reading(of: feed) { series($0) != nil }
    #expect(series(restored) == said)
    fleet.isAway.value.withLock { $0 = false }
    second.set(now: now.advanced(by: .seconds(600)))
    let newer = await second.reading(of: feed) {
      series($0)?.generatedAt.rfc3339 == "2026-11-20T12:10:00Z"
    }
    #expect(newer.account?.history == .seconds(3 * 86_400 + 43_800))
    #expect(
      fleet.server.requests.dropFirst(asked)
        .allSatisfy { $0.body.contains("start=1795176300&end=1795176600") })
  }

  @Test func `What belongs to another quantile or server is learnt again`() async throws {
    let fleet = try Fleet()
    defer { fleet.stop() }
    func requests(_ model: BuiltInForecast, path: String = "", tenant: String? = nil) async throws
      -> Int
    {
      let before = fleet.server.requests.count
      let host = try fleet.host(now: now, store: fleet.store, path: path, tenant: tenant)
      host.retain(feed(model))
      _ = await host.reading(of: feed(model)) { series($0) != nil }
      host.stop()
      return fleet.server.requests.count - before
    }
    #expect(try await requests(model()) == 4)
    #expect(try await requests(model()) == 0)
    #expect(try await requests(model(quantile: 0.8)) == 4)
    #expect(try await requests(model(), path: "/other") == 4)
    #expect(try await requests(model(), tenant: "blue") == 4)
    #expect(try await requests(model(), tenant: "blue") == 0)
  }

  @Test func `A source that is defined after its policy brings what was kept`() async throws {
    let fleet = try Fleet()
    defer { fleet.stop() }
    let feed = feed(model())
    let first = try fleet.host(now: now, store: fleet.store)
    first.retain(feed)
    _ = await first.reading(of: feed) { series($0) != nil }
    first.stop()
    let asked = fleet.server.requests.count
    let second = try LearningHost(now: now, store: fleet.store)
    second.retain(feed)
    _ = await second.reading(of: feed) { $0.failure?.message.contains("not defined") == true }
    fleet.define(second)
    let reading = await second.reading(of: feed) { series($0) != nil }
    #expect(reading.account?.history == .seconds(3 * 86_400 + 43_200))
    second.stop()
    #expect(fleet.server.requests.count == asked)
  }

  @Test func `A replica takes what another has learnt, and asks for the rest`() async throws {
    let fleet = try Fleet()
    defer { fleet.stop() }
    let feed = feed(model())
    let teacher = try fleet.host(now: now)
    teacher.retain(feed)
    let said = series(await teacher.reading(of: feed) { series($0) != nil })
    let asked = fleet.server.requests.count
    let pupil = try fleet.host(
      now: now.advanced(by: .seconds(900)), peers: fleet.peers(teacher))
    pupil.retain(feed)
    #expect(series(await pupil.reading(of: feed) { series($0) != nil }) == said)
    let reading = await pupil.reading(of: feed) {
      series($0)?.generatedAt.rfc3339 == "2026-11-20T12:15:00Z"
    }
    #expect(reading.account?.history == .seconds(3 * 86_400 + 44_100))
    let tail = fleet.server.requests.dropFirst(asked)
    #expect(tail.count == 1)
    #expect(tail.first?.body.contains("start=1795176300&end=1795176900") == true)
    #expect(pupil.log.lines.count { $0.contains("is taken from another replica") } == 1)
  }

  @Test func `Many forecasts are taken over, some at once`() async throws {
    let fleet = try Fleet()
    defer { fleet.stop() }
    let count = ForecastLearning.mostAskedAtOnce + 10
    let feeds = (0..<count).map { number in
      var model = model(history: .seconds(86_400))
      model.query = "load\(number)"
      return feed(model)
    }
    let teacher = try fleet.host(now: now)
    for feed in feeds { teacher.retain(feed) }
    for feed in feeds { _ = await teacher.reading(of: feed) { series($0) != nil } }
    let asked = fleet.server.requests.count
    let pupil = try fleet.host(now: now, peers: fleet.peers(teacher))
    for feed in feeds { pupil.retain(feed) }
    for feed in feeds { _ = await pupil.reading(of: feed) { series($0) != nil } }
    #expect(fleet.server.requests.count == asked)
    #expect(fleet.questions.counts.withLock { $0.reduce(0, +) } == count)
    #expect(
      fleet.questions.counts.withLock { $0.max() } ?? 0 <= ForecastLearning.mostAskedAtOnce)
  }

  @Test(arguments: Refused.allCases)
  func `What a replica cannot use is passed over with one line, and learnt`(
    refused: Refused
  ) async throws {
    let fleet = try Fleet()
    defer { fleet.stop() }
    let pupil = try fleet.host(
      now: now,
      peers: LearntStatePeers { fingerprints, answer in
        let states = fingerprints.map(refused.state)
        answer([LearntStatePeers.Answer(address: "10.0.0.7:8082", states: states)])
      })
    for model in [model(), model(quantile: 0.5)] {
      pupil.retain(feed(model))
      let reading = await pupil.reading(of: feed(model)) { series($0) != nil }
      #expect(reading.account?.history == .seconds(3 * 86_400 + 43_200))
    }
    #expect(fleet.server.requests.count == 8)
    let lines = pupil.log.lines.filter { $0.contains("is passed over") }
    #expect(lines.count == 1)
    #expect(lines.first?.contains("10.0.0.7:8082") == true)
    #expect(lines.first?.contains(refused.problem) == true)
  }

  enum Refused: CaseIterable {
    case damaged, later, foreign, noState

    @Sendable func state(_ fingerprint: UInt64) -> [UInt8] {
      switch self {
      case .damaged: LearntState.seal([1], version: LearntState.version, fingerprint: fingerprint)
      case .later: LearntState.seal([1], version: 9, fingerprint: fingerprint)
      case .foreign:
        LearntState.seal([1], version: LearntState.version, fingerprint: fingerprint &+ 1)
      case .noState: [1, 2, 3]
      }
    }

    var problem: String {
      switch self {
      case .damaged, .noState: "it is damaged"
      case .later: "its format is 9, expected \(LearntState.version)"
      case .foreign: "it belongs to another forecast"
      }
    }
  }

  @Test func `Another replica is asked where what was kept is old`() async throws {
    let fleet = try Fleet()
    defer { fleet.stop() }
    let feed = feed(model())
    let teacher = try fleet.host(now: now)
    teacher.retain(feed)
    _ = await teacher.reading(of: feed) { series($0) != nil }
    func questions(after age: Duration) async throws -> (asked: Int, requests: Int) {
      let store = Fleet.Kept().store
      let before = try fleet.host(now: now.advanced(by: .zero - age), store: store)
      before.retain(feed)
      _ = await before.reading(of: feed) { series($0) != nil }
      before.stop()
      let (asked, requests) = (fleet.questions.total, fleet.server.requests.count)
      let pupil = try fleet.host(now: now, store: store, peers: fleet.peers(teacher))
      pupil.retain(feed)
      _ = await pupil.reading(of: feed) {
        series($0)?.generatedAt.rfc3339 == "2026-11-20T12:00:00Z"
      }
      return (fleet.questions.total - asked, fleet.server.requests.count - requests)
    }
    // Two days: it is there already. An hour: one request brings it as soon.
    #expect(try await questions(after: .seconds(2 * 86_400)) == (1, 0))
    #expect(try await questions(after: .seconds(3600)) == (0, 1))
  }

  @Test func `Where no replica answers, none is asked for a while`() async throws {
    let fleet = try Fleet()
    defer { fleet.stop() }
    let questions = fleet.questions
    var peers = LearntStatePeers { fingerprints, answer in
      questions.counts.withLock { $0.append(fingerprints.count) }
      answer([])
    }
    // However long the test takes.
    peers.pause = .seconds(86_400)
    let pupil = try fleet.host(now: now, peers: peers)
    for quantile in [0.9, 0.8, 0.7] {
      let feed = feed(model(quantile: quantile))
      pupil.retain(feed)
      _ = await pupil.reading(of: feed) { series($0) != nil }
    }
    #expect(questions.total == 1)
    #expect(fleet.server.requests.count == 12)
  }

  @Test func `A replica that is still learning tells nothing`() async throws {
    let fleet = try Fleet()
    defer { fleet.stop() }
    fleet.isAway.value.withLock { $0 = true }
    let teacher = try fleet.host(now: now)
    let feed = feed(model())
    teacher.retain(feed)
    _ = await teacher.reading(of: feed) { $0.failure?.message.contains("503") == true }
    fleet.isAway.value.withLock { $0 = false }
    let pupil = try fleet.host(now: now, peers: fleet.peers(teacher))
    pupil.retain(feed)
    _ = await pupil.reading(of: feed) { series($0) != nil }
    #expect(fleet.questions.total == 1)
    #expect(!pupil.log.lines.contains { $0.contains("taken from another replica") })
  }
}

/// A server whose load has a daily peak, and processes that read it.
private final class Fleet: Sendable {
  let server: ScriptedServer
  let isAway = Flag()
  let kept = Kept()
  let questions = Questions()
  private let hosts = Mutex<[LearningHost]>([])

  final class Flag: Sendable { let value = Mutex(false) }

  /// A state directory.
  final class Kept: Sendable {
    let states = Mutex<[UInt64: [UInt8]]>([:])

    var store: LearntStateStore {
      LearntStateStore(
        load: { fingerprint, answer in answer(self.states.withLock { $0[fingerprint] }) },
        save: { fingerprint, state in self.states.withLock { $0[fingerprint] = state } })
    }
  }

  /// How many states peers were asked for, each time.
  final class Questions: Sendable {
    let counts = Mutex<[Int]>([])
    var total: Int { counts.withLock { $0.count } }
  }

  init() throws {
    let isAway = isAway
    server = try ScriptedServer.histories { ends, _ in
      isAway.value.withLock { $0 } ? nil : ends.map { ForecastLearningTests().daily($0) }
    }
  }

  var store: LearntStateStore { kept.store }

  func host(
    now: Instant, store: LearntStateStore? = nil, peers: LearntStatePeers? = nil,
    path: String = "", tenant: String? = nil
  ) throws -> LearningHost {
    let host = try LearningHost(now: now, store: store, peers: peers, zones: KarachiDatabase())
    hosts.withLock { $0.append(host) }
    define(host, path: path, tenant: tenant)
    return host
  }

  func define(_ host: LearningHost, path: String = "", tenant: String? = nil) {
    host.define(
      DataSource(
        name: ResourceName(name: "main"), kind: .prometheus, address: server.address + path,
        timeout: .patience,
        headers: tenant.map { ["x-scope-orgid": $0] } ?? [:]))
  }

  func peers(_ teacher: LearningHost) -> LearntStatePeers {
    let questions = questions
    let learning = teacher.learning
    return LearntStatePeers { fingerprints, answer in
      questions.counts.withLock { $0.append(fingerprints.count) }
      learning.loop.post {
        let states = learning.assumeIsolated { $0.states(of: Set(fingerprints)) }
        answer([LearntStatePeers.Answer(address: "10.0.0.7:8082", states: states.map(\.bytes))])
      }
    }
  }

  func stop() {
    for host in hosts.withLock({ $0 }) { host.stop() }
    server.stop()
  }
}

/// Five hours ahead of UTC, all year.
private struct KarachiDatabase: TimeZoneDatabase {
  func timeZone(named name: String) -> (any TimeZoneRules)? {
    guard name == "Asia/Karachi" else { return UTCDatabase().timeZone(named: name) }
    return UTCDatabase().timeZone(named: "UTC").map(Rules.init)
  }

  private struct Rules: TimeZoneRules {
    let utc: any TimeZoneRules

    func date(at instant: Instant) -> CivilDate {
      utc.date(at: instant.advanced(by: offset(at: instant)))
    }

    func offset(at instant: Instant) -> Duration { .seconds(5 * 3600) }

    func instants(of date: CivilDate, _ time: TimeOfDay) -> LocalInstants {
      utc.instants(of: date, time)
    }
  }
}
