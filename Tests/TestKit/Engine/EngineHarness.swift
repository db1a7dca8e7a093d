internal import DataSources
package import DecisionEngine
internal import EventLoop
internal import GRPCWire
package import HTTP2Server
package import ScalerRPCs
package import Scaling
internal import Synchronization
internal import Telemetry

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
package final class EngineHarness: Sendable {
  package let clock: ManualClock
  package let engine: DecisionEngine
  private let control: EventLoop
  private let worker: EventLoop
  private let recorder = AnswerRecorder()
  /// Invariant for `nonisolated(unsafe)`: touched on the loop that it is confined to only.
  nonisolated(unsafe) private var rpcs: ScalerRPCs?
  nonisolated(unsafe) private var feeds: SuppliedFeeds?
  /// Touched by `init` and `deinit` only.
  nonisolated(unsafe) private var controlThread: EventLoopThread?
  nonisolated(unsafe) private var workerThread: EventLoopThread?

  package init(
    _ catalog: Catalog, clock: ManualClock = ManualClock(),
    defaults: PolicyDefaults = PolicyDefaults(),
    firstFetchWait: Duration = .seconds(2), maxSubscriptions: Int = 100,
    maxImplied: Int = 1 << 20, zones: any TimeZoneDatabase = UTCDatabase(),
    restored: [String: PolicyMemory] = [:],
    keepMemory: (@Sendable (MemoryChanges) -> Void)? = nil,
    keepingInterval: Duration = .seconds(5)
  ) throws {
    control = try EventLoop(name: "control")
    worker = try EventLoop(name: "worker")
    controlThread = try control.start()
    workerThread = try worker.start()
    self.clock = clock
    var configuration = DecisionEngine.Configuration(
      defaults: defaults, zones: zones, wallClock: { clock.now })
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
  package func onEngine<Result: Sendable>(
    _ body: @escaping @Sendable (isolated DecisionEngine, EngineHarness) -> Result
  ) -> Result? {
    control.call { [self] in
      engine.assumeIsolated { body($0, self) }
    }
  }

  package func onEngine(
    _ body: @escaping @Sendable (isolated DecisionEngine, EngineHarness) -> Void
  ) {
    _ = control.call { [self] in
      engine.assumeIsolated { body($0, self) }
    }
  }

  package func update(_ catalog: Catalog) {
    onEngine { engine, _ in engine.update(catalog: catalog) }
    settle()
  }

  package func supply(_ reading: Reading, for feed: Feed) {
    _ = control.call { [self] in feeds?.supply(reading, for: feed) }
    settle()
  }

  package var retained: [Feed: Int] {
    control.call { [self] in feeds?.retained ?? [:] } ?? [:]
  }

  /// Waits until both loops have done all that was posted to them, and all that followed from it.
  package func settle() {
    for _ in 0..<4 {
      _ = control.call {}
      _ = worker.call {}
    }
  }

  /// Sends one request message as the server would, and waits for what follows from it.
  package func send(_ method: ScalerMethod, _ object: ScaledObject, stream: Int32) {
    let message = Self.message(method, object)
    _ = worker.call { [self] in
      rpcs?.received(
        message.span.bytes, on: RPCID(connection: 1, stream: stream), method: method.rawValue)
    }
    settle()
  }

  /// Sends one request for each of these while the engine's loop is busy, on streams from 1 on, and waits
  /// for what follows from them.
  ///
  /// - Returns: how many ScaledObjects the engine knew each time that other work came to its turn, from
  ///   the first that was posted after all of them to the one that found them all.
  package func sendAtOnce(_ method: ScalerMethod, _ objects: [ScaledObject]) -> [Int] {
    let messages = objects.map { Self.message(method, $0) }
    let known = Mutex<[Int]>([])
    _ = control.call { [self] in
      _ = worker.call { [self] in
        for (index, message) in messages.enumerated() {
          rpcs?.received(
            message.span.bytes, on: RPCID(connection: 1, stream: Int32(2 * index + 1)),
            method: method.rawValue)
        }
      }
      noteSubscriptions(until: objects.count) { count in known.withLock { $0.append(count) } }
    }
    while known.withLock({ $0.last ?? 0 }) < objects.count { settle() }
    settle()
    return known.withLock { $0 }
  }

  private func noteSubscriptions(until limit: Int, _ note: @escaping @Sendable (Int) -> Void) {
    control.post { [self] in
      let count = engine.assumeIsolated { $0.snapshot().subscriptionCount }
      note(count)
      if count < limit { noteSubscriptions(until: limit, note) }
    }
  }

  package func end(_ method: ScalerMethod, stream: Int32) {
    _ = worker.call { [self] in
      rpcs?.ended(
        RPCID(connection: 1, stream: stream), method: method.rawValue, code: .cancelled,
        nanoseconds: 0)
    }
  }

  /// A worker that the engine does not know.
  package var stranger: WorkerMailbox { WorkerMailbox(loop: worker) { _ in } }

  /// Lets the worker forget a ScaledObject, as if no call had come for a long time.
  package func forget(_ object: ScaledObject) {
    _ = worker.call { [self] in rpcs?.forget([object]) }
    settle()
  }

  /// What has been answered on a stream since the last look.
  package func answers(on stream: Int32) -> [RPCResponder.Answer] {
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
