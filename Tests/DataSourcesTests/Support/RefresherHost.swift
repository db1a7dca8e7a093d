internal import EventLoop
internal import Foundation
internal import HTTPClient
internal import Scaling
internal import Synchronization
internal import Telemetry
internal import Time

@testable internal import DataSources

/// A loop with a feed refresher, which tests talk to as the scaler's engine does.
actor RefresherHost {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  nonisolated let log = CapturedLog()
  nonisolated let metrics = HeadstartMetrics(version: "test")
  private var refresher: FeedRefresher?
  private var waiters: [(isMet: (FeedRefresher) -> Bool, done: CheckedContinuation<Void, Never>)] =
    []
  private var readingCount = 0

  private init(on loop: EventLoop) {
    self.loop = loop
  }

  static func run<Value: Sendable>(
    _ body: @Sendable (RefresherHost) async throws -> Value
  ) async throws -> Value {
    let loop = try EventLoop(name: "test")
    let thread = try loop.start()
    let host = RefresherHost(on: loop)
    let result: Result<Value, any Error>
    do {
      try await host.start()
      result = .success(try await body(host))
    } catch {
      result = .failure(error)
    }
    await host.stop()
    loop.stop()
    thread.join()
    return try result.get()
  }

  private func start() throws {
    refresher = try FeedRefresher(
      loop: loop, userAgent: "headstart/test",
      wallClock: {
        Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
      }, jitter: JitterSource(seed: 1), logger: Logger(level: .debug, output: log),
      metrics: metrics
    ) { [unowned self] _, _ in
      assumeIsolated { $0.tookReading() }
    }
  }

  private func tookReading() {
    readingCount += 1
    resumeWaiters()
  }

  private func resumeWaiters() {
    guard let refresher else { return }
    let met = waiters.indices.filter { waiters[$0].isMet(refresher) }
    for index in met.reversed() { waiters.remove(at: index).done.resume() }
  }

  private func stop() {
    refresher?.shutdown()
    refresher = nil
  }

  func with<Value: Sendable>(_ body: @Sendable (FeedRefresher) -> Value) throws -> Value {
    guard let refresher else { throw CancellationError() }
    return body(refresher)
  }

  func define(_ sources: DataSource...) throws {
    try with {
      $0.update(dataSources: Dictionary(uniqueKeysWithValues: sources.map { ($0.key, $0) }))
    }
  }

  func retain(_ feeds: Feed...) throws {
    try with { refresher in for feed in feeds { refresher.retain(feed) } }
  }

  func reading(of feed: Feed) throws -> Reading? {
    try with { $0.reading(of: feed) }
  }

  /// Waits until the feed's reading is as wanted, and returns it.
  func reading(
    of feed: Feed, where isWanted: @escaping @Sendable (Reading) -> Bool
  ) async throws -> Reading? {
    await until { $0.reading(of: feed).map(isWanted) ?? false }
    return try reading(of: feed)
  }

  nonisolated var exposition: String {
    String(decoding: metrics.registry.exposition(.text), as: UTF8.self)
  }

  /// Waits until there have been that many readings.
  func untilReadings(_ count: Int) async {
    await until { [unowned self] _ in assumeIsolated { $0.readingCount >= count } }
  }

  /// Waits until the condition holds after some reading.
  func until(_ isMet: @escaping @Sendable (FeedRefresher) -> Bool) async {
    await withCheckedContinuation { done in
      waiters.append((isMet, done))
      resumeWaiters()
    }
  }
}

/// Keeps the lines of a log.
final class CapturedLog: LogOutput {
  private let text = Mutex("")

  func write(line: [UInt8]) {
    text.withLock { $0 += String(decoding: line, as: UTF8.self) }
  }

  var lines: [String] { text.withLock { $0.split(separator: "\n").map(String.init) } }
}
