internal import DataSources
internal import DecisionEngine
internal import EventLoop
internal import GRPCWire
internal import HTTP2Server
internal import ScalerMessages
internal import ScalerRPCs
internal import Scaling
internal import Synchronization
internal import Telemetry
internal import TestKit
internal import Time

/// A wall clock that stands still until it is set.
final class ManualClock: Sendable {
  private let instant = Mutex(Instant(milliseconds: 1_800_000_000_000))

  var now: Instant {
    get { instant.withLock { $0 } }
    set { instant.withLock { $0 = newValue } }
  }
}

/// Readings that a test hands out. Confined to the engine's loop.
final class SuppliedFeeds: FeedSupplier {
  private let onReading: (Feed, Reading) -> Void
  private(set) var retained: [Feed: Int] = [:]
  private var readings: [Feed: Reading] = [:]

  init(onReading: @escaping (Feed, Reading) -> Void) {
    self.onReading = onReading
  }

  func update(dataSources: [DataSourceKey: DataSource]) {}
  func take(_ reading: Reading, of feed: Feed) {}

  func retain(_ feed: Feed) { retained[feed, default: 0] += 1 }

  func release(_ feed: Feed) {
    retained[feed, default: 0] -= 1
    guard retained[feed] == 0 else { return }
    retained[feed] = nil
    readings[feed] = nil
  }

  func reading(of feed: Feed) -> Reading? { readings[feed] }

  func wallClockStepped(by step: Duration) {
    for feed in readings.keys {
      readings[feed]?.obtainedAt?.advance(by: step)
      readings[feed]?.failure?.since.advance(by: step)
    }
  }

  var sources: [SourceStatus] { [] }
  func shutdown() {}

  func supply(_ reading: Reading, for feed: Feed) {
    readings[feed] = reading
    onReading(feed, reading)
  }
}

/// What a service answered, in order.
final class Recorder: Sendable {
  private let answers = Mutex<[(rpc: RPCID, answer: RPCResponder.Answer)]>([])

  func append(_ rpc: RPCID, _ answer: RPCResponder.Answer) {
    answers.withLock { $0.append((rpc, answer)) }
  }

  func take(_ rpc: RPCID) -> [RPCResponder.Answer] {
    answers.withLock { answers in
      let found = answers.filter { $0.rpc == rpc }.map(\.answer)
      answers.removeAll { $0.rpc == rpc }
      return found
    }
  }
}

/// Carries the last reference to a loop's service to that loop.
///
/// Invariant for `@unchecked Sendable`: handed over once, touched by one thread at a time.
private final class Holder: @unchecked Sendable {
  private var rpcs: ScalerRPCs?

  init(_ rpcs: ScalerRPCs?) { self.rpcs = rpcs }

  func letGo() { rpcs = nil }
}

/// An engine on a loop of its own and one worker's RPCs on another, without sockets and without
/// upstreams: what the service answers is recorded.
final class EngineHarness: Sendable {
  let clock = ManualClock()
  let engine: DecisionEngine
  private let control: EventLoop
  private let worker: EventLoop
  private let recorder = Recorder()
  /// Invariant for `nonisolated(unsafe)`: touched on the loop that it is confined to only.
  nonisolated(unsafe) private var rpcs: ScalerRPCs?
  nonisolated(unsafe) private var feeds: SuppliedFeeds?
  nonisolated(unsafe) private var decoder = MessageDecoder()
  /// Touched by `init` and `deinit` only.
  nonisolated(unsafe) private var controlThread: EventLoopThread?
  nonisolated(unsafe) private var workerThread: EventLoopThread?

  init(
    _ catalog: Catalog, defaults: PolicyDefaults = PolicyDefaults(),
    firstFetchWait: Duration = .seconds(2), maxSubscriptions: Int = 100,
    maxImplied: Int = 1 << 20,
    restored: [String: PolicyMemory] = [:],
    keepMemory: (@Sendable (MemoryChanges) -> Void)? = nil,
    keepingInterval: Duration = .seconds(5)
  ) throws {
    control = try EventLoop(name: "control")
    worker = try EventLoop(name: "worker")
    controlThread = try control.start()
    workerThread = try worker.start()
    let clock = clock
    var configuration = DecisionEngine.Configuration(
      defaults: defaults, zones: UTCDatabase(), wallClock: { clock.now })
    configuration.firstFetchWait = firstFetchWait
    configuration.maxSubscriptions = maxSubscriptions
    configuration.maxImplied = maxImplied
    configuration.keepMemory = keepMemory
    configuration.keepingInterval = keepingInterval
    engine = DecisionEngine(loop: control, configuration: configuration, logger: .disabled)
    onEngine { engine, harness in
      do {
        try engine.start { onReading in
          let feeds = SuppliedFeeds(onReading: onReading)
          harness.feeds = feeds
          return feeds
        }
      } catch {
        preconditionFailure("the engine did not start: \(error)")
      }
      engine.restore(restored)
      engine.update(catalog: catalog)
    }
    let metrics = HeadstartMetrics(version: "test")
    _ = worker.call { [self] in
      rpcs = ScalerRPCs(
        loop: worker,
        responder: RPCResponder { [recorder] rpc, answer in recorder.append(rpc, answer) },
        engine: engine, metrics: RPCMetrics(metrics))
    }
    settle()
  }

  deinit {
    // Each loop lets go of what lives on it before it ends.
    _ = control.call { [engine] in engine.assumeIsolated { $0.shutDown() } }
    let held = Holder(rpcs)
    rpcs = nil
    _ = worker.call { held.letGo() }
    control.stop()
    worker.stop()
    controlThread.take()?.join()
    workerThread.take()?.join()
  }

  /// Runs on the engine's loop, and waits.
  func onEngine<Result: Sendable>(
    _ body: @escaping @Sendable (isolated DecisionEngine, EngineHarness) -> Result
  ) -> Result? {
    control.call { [self] in
      engine.assumeIsolated { body($0, self) }
    }
  }

  func onEngine(_ body: @escaping @Sendable (isolated DecisionEngine, EngineHarness) -> Void) {
    _ = control.call { [self] in
      engine.assumeIsolated { body($0, self) }
    }
  }

  func update(_ catalog: Catalog) {
    onEngine { engine, _ in engine.update(catalog: catalog) }
    settle()
  }

  func supply(_ reading: Reading, for feed: Feed) {
    _ = control.call { [self] in feeds?.supply(reading, for: feed) }
    settle()
  }

  var retained: [Feed: Int] {
    control.call { [self] in feeds?.retained ?? [:] } ?? [:]
  }

  /// Waits until both loops have done all that was posted to them, and all that followed from it.
  func settle() {
    for _ in 0..<4 {
      _ = control.call {}
      _ = worker.call {}
    }
  }

  /// Sends one request message as the server would, and waits for what follows from it.
  func send(_ method: ScalerMethod, _ object: ScaledObject, stream: Int32) {
    let message = Self.message(method, object)
    _ = worker.call { [self] in
      rpcs?.received(
        message.span.bytes, on: RPCID(connection: 1, stream: stream), method: method.rawValue)
    }
    settle()
  }

  func end(_ method: ScalerMethod, stream: Int32) {
    _ = worker.call { [self] in
      rpcs?.ended(
        RPCID(connection: 1, stream: stream), method: method.rawValue, code: .cancelled,
        nanoseconds: 0)
    }
  }

  /// A worker that the engine does not know.
  var stranger: WorkerMailbox { WorkerMailbox(loop: worker) { _ in } }

  /// Lets the worker forget a ScaledObject, as if no call had come for a long time.
  func forget(_ object: ScaledObject) {
    _ = worker.call { [self] in rpcs?.forget([object]) }
    settle()
  }

  /// What has been answered on a stream since the last look.
  func answers(on stream: Int32) -> [RPCResponder.Answer] {
    recorder.take(RPCID(connection: 1, stream: stream))
  }

  /// A protobuf message by hand: the encoder of the product writes responses only.
  private static func message(_ method: ScalerMethod, _ object: ScaledObject) -> [UInt8] {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      let count = bytes.count
      let length = count < 128 ? [UInt8(count)] : [UInt8(count & 127 | 128), UInt8(count >> 7)]
      return [number << 3 | 2] + length + bytes
    }
    var ref = field(1, Array(object.name.utf8)) + field(2, Array(object.namespace.utf8))
    var metadata = [
      ("policy", object.policy), ("workload", object.workload), ("leadTime", object.leadTime),
      ("metricName", object.metricName),
    ]
    for entry in object.trigger?.entries ?? [] { metadata.append((entry.key, entry.value)) }
    for (key, value) in metadata {
      guard let value else { continue }
      ref += field(3, field(1, Array(key.utf8)) + field(2, Array(value.utf8)))
    }
    return method == .getMetrics ? field(1, ref) : ref
  }
}
