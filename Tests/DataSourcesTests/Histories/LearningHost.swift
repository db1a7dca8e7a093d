internal import EventLoop
internal import Foundation
internal import Scaling
internal import Synchronization
internal import Telemetry
internal import TestKit
internal import Time

@testable internal import DataSources

/// A learning loop whose readings a test waits for, a clock that it sets, and a server that answers
/// range queries with a function of the bucket.
final class LearningHost: Sendable {
  let learning: ForecastLearning
  private let thread: Mutex<EventLoopThread?>
  private let clock: ManualClock
  private let readings: ReadingBox

  let log = CapturedLog()

  init(
    now: Instant, store: LearntStateStore? = nil, peers: LearntStatePeers? = nil,
    zones: any TimeZoneDatabase = UTCDatabase()
  ) throws {
    let loop = try EventLoop(name: "learning")
    let clock = ManualClock(now)
    self.clock = clock
    let readings = ReadingBox()
    self.readings = readings
    var configuration = ForecastLearning.Configuration(
      userAgent: "headstart/test", zones: zones, wallClock: { clock.now },
      logger: Logger(level: .debug, output: log),
      metrics: HeadstartMetrics(version: "test"), onReading: { readings.take($1, of: $0) })
    configuration.store = store
    configuration.peers = peers
    learning = ForecastLearning(loop: loop, configuration: configuration)
    thread = Mutex(try loop.start())
    let learning = learning
    try loop.call { Result { try learning.assumeIsolated { try $0.start() } } }?.get()
  }

  func set(now: Instant) {
    clock.now = now
    tell { $0.wallClockStepped() }
  }

  func define(_ sources: DataSource...) {
    let sources = Dictionary(uniqueKeysWithValues: sources.map { ($0.key, $0) })
    tell { $0.update(dataSources: sources) }
  }

  func retain(_ feed: Feed) { tell { $0.retain(feed) } }
  func release(_ feed: Feed) { tell { $0.release(feed) } }

  func tell(_ order: @escaping @Sendable (isolated ForecastLearning) -> Void) {
    learning.loop.post { [learning] in learning.assumeIsolated(order) }
  }

  func reading(
    of feed: Feed, where isWanted: @escaping @Sendable (Reading) -> Bool
  ) async -> Reading {
    await readings.reading(of: feed, where: isWanted)
  }

  /// More than once, too.
  func stop() {
    guard let thread = thread.withLock({ $0.take() }) else { return }
    _ = learning.loop.call { [learning] in learning.assumeIsolated { $0.shutDown() } }
    learning.loop.stop()
    thread.join()
  }
}

/// The newest reading of each feed, and who waits for one.
final class ReadingBox: Sendable {
  private struct Waiter {
    let feed: Feed
    let isMet: @Sendable (Reading) -> Bool
    let done: CheckedContinuation<Reading, Never>
  }

  private struct State {
    var readings: [Feed: Reading] = [:]
    var waiters: [Waiter] = []
  }

  private let state = Mutex(State())

  func take(_ reading: Reading, of feed: Feed) {
    let met = state.withLock { state in
      state.readings[feed] = reading
      let met = state.waiters.filter { $0.feed == feed && $0.isMet(reading) }
      state.waiters.removeAll { $0.feed == feed && $0.isMet(reading) }
      return met
    }
    for waiter in met { waiter.done.resume(returning: reading) }
  }

  func reading(
    of feed: Feed, where isMet: @escaping @Sendable (Reading) -> Bool
  ) async -> Reading {
    await withCheckedContinuation { done in
      let known = state.withLock { state -> Reading? in
        if let known = state.readings[feed], isMet(known) { return known }
        state.waiters.append(Waiter(feed: feed, isMet: isMet, done: done))
        return nil
      }
      if let known { done.resume(returning: known) }
    }
  }
}

extension ScriptedServer {
  /// A Prometheus server that knows one load.
  ///
  /// - Parameter answer: gets the ends of the buckets that are asked for, in seconds; nil answers 503.
  static func histories(
    _ answer: @escaping @Sendable (_ ends: [Int], _ step: Int) -> [Double?]?
  ) throws -> ScriptedServer {
    try ScriptedServer { request in
      var fields: [String: Int] = [:]
      for field in request.body.split(separator: "&") {
        let parts = field.split(separator: "=")
        if parts.count == 2, let number = Int(parts[1]) { fields[String(parts[0])] = number }
      }
      guard let start = fields["start"], let end = fields["end"], let step = fields["step"] else {
        return [.send(Self.http(400, "{}")), .close]
      }
      let ends = Array(stride(from: start, through: end, by: step))
      guard let values = answer(ends, step) else { return [.send(Self.http(503, "gone")), .close] }
      let points = zip(ends, values).compactMap { end, value in
        value.map { "[\(end),\"\($0)\"]" }
      }
      let series =
        points.isEmpty ? "" : "{\"metric\":{},\"values\":[\(points.joined(separator: ","))]}"
      return [
        .send(
          Self.http(
            200,
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[\(series)]}}")),
        .close,
      ]
    }
  }

  private static func http(_ status: Int, _ body: String) -> [UInt8] {
    Array(
      "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        .utf8)
  }
}
