package import DecisionEngine
package import EventLoop
package import GRPCWire
package import HTTP2Server
internal import ScalerMessages
internal import Scaling
internal import Telemetry

/// The RPCs of one gRPC loop: KEDA's five, health and reflection.
///
/// 1. Finds the binding of the ScaledObject that a request names, and answers from it.
/// 2. Asks the engine for bindings that it does not have; the first request waits for that.
/// 3. Sends rising edges to StreamIsActive; `PushStreams` says when.
/// 4. Forgets ScaledObjects; `BindingTable` says which.
///
/// Confined to its loop. All that it knows of policies comes over `EngineLink`.
package final class ScalerRPCs: RPCService {
  private let loop: EventLoop
  private let responder: RPCResponder
  private let metrics: RPCMetrics
  private let answers: AnswerResponder
  private let engine: EngineLink
  private let decoder = MessageDecoder()
  private let methods: [(path: [UInt8], method: RPCMethod)]
  /// The reference that was read last; for its memory.
  private var key = ReferenceKey()
  private var table = BindingTable()
  private var frames = AnswerFrames()
  private var pushStreams = PushStreams<Binding>()
  private var repeatTimer: LoopTimer?
  private var sweepTimer: LoopTimer?
  private var health: HealthRPCs
  private var reflection: ReflectionRPCs

  private static let sweepInterval = Duration.seconds(60)

  /// On `loop`.
  ///
  /// - Parameters:
  ///   - engine: lives on another loop; this class talks to it by posting there.
  package init(
    loop: EventLoop, responder: RPCResponder, engine: DecisionEngine,
    metrics: RPCMetrics
  ) {
    self.loop = loop
    self.responder = responder
    self.metrics = metrics
    answers = AnswerResponder(responder: responder, metrics: metrics)
    self.engine = EngineLink(loop: loop, engine: engine)
    methods = ScalerMethod.allCases.map {
      (Array($0.path.utf8), RPCMethod(id: $0.rawValue, kind: $0.kind))
    }
    health = HealthRPCs(responder: responder)
    reflection = ReflectionRPCs(responder: responder)
    self.engine.onReady = { [unowned self] in health.update(.serving) }
    self.engine.onAnswer = { [unowned self] in take($0) }
    self.engine.onForgetOldest = { [unowned self] in forgetOldest() }
    startTimers()
  }

  private func startTimers() {
    // Without timers streams lose their repeated `true` and memory its sweep. Both are bearable, and
    // libuv's timers fail only when there is no memory.
    repeatTimer = try? LoopTimer(on: loop) { [unowned self] in repeatActive() }
    sweepTimer = try? LoopTimer(on: loop) { [unowned self] in sweep() }
    sweepTimer?.start(after: Self.sweepInterval, repeating: Self.sweepInterval)
  }

  // MARK: RPCService

  package func method(at path: RawSpan) -> RPCMethod? {
    for (known, method) in methods where known.count == path.byteCount {
      if known.withUnsafeBytes({ path.equals($0) }) { return method }
    }
    return nil
  }

  package func opened(_ rpc: RPCID, method: Int) {
    guard let method = ScalerMethod(rawValue: method) else { return }
    metrics.opened(method)
  }

  package func received(_ message: RawSpan, on rpc: RPCID, method: Int) {
    guard let method = ScalerMethod(rawValue: method) else { return }
    do throws(MessageError) {
      switch method {
      case .getMetrics: try getMetrics(message, rpc)
      case .isActive: try isActive(message, rpc)
      case .getMetricSpec: try getMetricSpec(message, rpc)
      case .streamIsActive: try streamIsActive(message, rpc)
      case .streamMetricSpec: try streamMetricSpec(message, rpc)
      case .healthCheck: health.check(try decoder.healthCheckRequest(from: message), rpc)
      case .healthWatch: health.watch(try decoder.healthCheckRequest(from: message), rpc)
      case .reflection, .reflectionAlpha:
        reflection.answer(try decoder.reflectionRequest(from: message), rpc)
      }
    } catch {
      responder.end(rpc, status: RPCStatus(error))
    }
  }

  package func halfClosed(_ rpc: RPCID, method: Int) {
    responder.end(rpc, status: .ok)
  }

  package func ended(_ rpc: RPCID, method: Int, code: RPCCode, nanoseconds: UInt64) {
    guard let method = ScalerMethod(rawValue: method) else { return }
    metrics.ended(method, code: code, nanoseconds: nanoseconds)
    switch method {
    case .streamIsActive:
      pushStreams.ended(rpc)
    case .healthWatch:
      health.ended(rpc)
    case .isActive, .getMetricSpec, .getMetrics, .streamMetricSpec, .healthCheck, .reflection,
      .reflectionAlpha:
      break
    }
  }

  package func willDrain() {
    health.update(.notServing)
  }

  /// Adds what this loop has counted to the series that are scraped.
  package func flushMetrics() {
    metrics.flush()
  }

  // MARK: KEDA's RPCs

  private func getMetrics(_ message: RawSpan, _ rpc: RPCID) throws(MessageError) {
    if let binding = table.binding(for: message, as: .metrics, at: loop.now) {
      return answers.answerMetrics(rpc, binding, metricName: "")
    }
    let isOwnName = try decoder.readMetricsRequest(
      from: message, defaultMetricName: ScaledObject.metricNameLiteral, into: &key)
    let binding = try binding { () throws(MessageError) in
      try decoder.getMetricsRequest(from: message).scaledObject
    }
    let metricName = isOwnName ? "" : try decoder.getMetricsRequest(from: message).metricName
    guard binding.isAnswered else {
      binding.waiting.append((rpc, .getMetrics, metricName))
      return
    }
    if isOwnName { table.remember(message, as: .metrics, for: binding) }
    answers.answerMetrics(rpc, binding, metricName: metricName)
  }

  private func isActive(_ message: RawSpan, _ rpc: RPCID) throws(MessageError) {
    if let binding = table.binding(for: message, as: .reference, at: loop.now) {
      return answers.answerActivity(rpc, binding)
    }
    let binding = try binding(of: message)
    guard binding.isAnswered else {
      binding.waiting.append((rpc, .isActive, ""))
      return
    }
    table.remember(message, as: .reference, for: binding)
    answers.answerActivity(rpc, binding)
  }

  /// Pure and local: it never fails for a reference that can be read (C1, C23).
  private func getMetricSpec(_ message: RawSpan, _ rpc: RPCID) throws(MessageError) {
    if let binding = table.binding(for: message, as: .reference, at: loop.now) {
      return responder.respond(rpc, frame: binding.specFrame)
    }
    try decoder.readReference(from: message, into: &key)
    guard key.hasMetricName else {
      return responder.respond(rpc, frame: frames.spec)
    }
    let object = ScaledObject(try decoder.scaledObjectRef(from: message))
    responder.respond(
      rpc, frame: MessageEncoder.getMetricSpecResponse(metricName: object.effectiveMetricName))
  }

  /// The specification does not change during a stream (C9, C13): one message is enough.
  private func streamMetricSpec(_ message: RawSpan, _ rpc: RPCID) throws(MessageError) {
    let object = ScaledObject(try decoder.scaledObjectRef(from: message))
    responder.send(
      rpc, frame: MessageEncoder.getMetricSpecResponse(metricName: object.effectiveMetricName))
  }

  private func streamIsActive(_ message: RawSpan, _ rpc: RPCID) throws(MessageError) {
    let binding = try binding(of: message)
    pushStreams.opened(rpc, of: binding)
    push(binding, ending: [rpc])
  }

  // MARK: Pushing

  /// Sends what a new answer, or a new stream, means for the streams of a binding.
  ///
  /// - Parameter ending: the streams that end if the answer is an error that stays.
  private func push(_ binding: Binding, ending: [RPCID]) {
    let activity: PushStreams<Binding>.Activity
    switch binding.answer?.activity {
    case .active:
      activity = .active
    case .inactive:
      activity = .inactive
    case .error(let error):
      activity = .unknown
      // Polling tells the reason of an error that passes.
      guard error.passesByItself else {
        for rpc in ending { responder.end(rpc, status: RPCStatus(error)) }
        return
      }
    case nil:
      return
    }
    let rising = pushStreams.update(binding, to: activity, at: loop.now)
    for rpc in rising { responder.send(rpc, frame: frames.active) }
    if !rising.isEmpty { startRepeatTimer() }
  }

  private func repeatActive() {
    for rpc in pushStreams.popRepeats(at: loop.now) { responder.send(rpc, frame: frames.active) }
    startRepeatTimer()
  }

  private func startRepeatTimer() {
    guard let next = pushStreams.nextRepeat else { return }
    repeatTimer?.start(after: max(next - loop.now, .zero))
  }

  // MARK: Bindings

  /// The binding of the ScaledObject that `message`, a ScaledObjectRef, names.
  private func binding(of message: RawSpan) throws(MessageError) -> Binding {
    try decoder.readReference(from: message, into: &key)
    return try binding { () throws(MessageError) in try decoder.scaledObjectRef(from: message) }
  }

  /// The binding of the ScaledObject whose reference is in `key`; `read` decodes it for a new one.
  private func binding(
    _ read: () throws(MessageError) -> ScaledObjectRef
  ) throws(MessageError) -> Binding {
    if let binding = table.binding(for: key) {
      binding.lastUsed = loop.now
      return binding
    }
    let reference = try read()
    let object = ScaledObject(reference)
    let binding = try table.insert(object, for: key, at: loop.now, frames: frames)
    engine.subscribe(object, ignored: reference.ignored)
    return binding
  }

  private func take(_ update: AnswerUpdate) {
    key.fill(update.object)
    guard let binding = table.binding(for: key) else { return }
    table.answer(binding, update.answer, frames: &frames)
    if update.isImplied { binding.isImplied = true }
    let waiting = binding.waiting
    binding.waiting = []
    for (rpc, method, metricName) in waiting {
      if method == .getMetrics {
        answers.answerMetrics(rpc, binding, metricName: metricName)
      } else {
        answers.answerActivity(rpc, binding)
      }
    }
    push(binding, ending: pushStreams.streams(of: binding))
    // What no policy answers is not kept: its name may be made up.
    if binding.isRefused { forget([binding]) }
  }

  // MARK: Forgetting

  private func sweep() {
    forget(table.unused(at: loop.now, isWatched: pushStreams.isWatched))
    table.emptyFullMemos()
  }

  private func forgetOldest() -> [ScaledObject] {
    let oldest = table.oldest(isWatched: pushStreams.isWatched)
    table.remove(oldest)
    return oldest.map(\.object)
  }

  /// Drops what is known of these ScaledObjects; the next request for one asks the engine again.
  private func forget(_ bindings: [Binding]) {
    guard !bindings.isEmpty else { return }
    table.remove(bindings)
    engine.unsubscribe(bindings.map(\.object))
  }

  /// Forgets these ScaledObjects as if no call had come for a long time. For tests.
  package func forget(_ objects: [ScaledObject]) {
    forget(
      objects.compactMap { object in
        key.fill(object)
        return table.binding(for: key)
      })
  }
}
