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
/// 3. Pushes rising edges to StreamIsActive.
/// 4. Forgets ScaledObjects that nobody asks about any more.
///
/// Confined to its loop. All that it knows of the world outside came by `WorkerMessage`.
package final class ScalerRPCs: RPCService {
  private let loop: EventLoop
  private let responder: RPCResponder
  private let engine: DecisionEngine
  private let metrics: RPCMetrics
  private let mailbox: WorkerMailbox
  /// This object, for what is posted to its loop.
  private let handle: LoopConfined<ScalerRPCs>
  /// Answers that have not been taken yet, by message.
  private var news: [[AnswerUpdate]] = []
  private let decoder = MessageDecoder()
  private let methods: [(path: [UInt8], method: RPCMethod)]
  /// By `ReferenceKey`.
  private var bindings = ByteTable<Binding>()
  private var frames = AnswerFrames()
  /// The reference that was read last; for its memory.
  private var key = ReferenceKey()
  /// What requests of GetMetrics under the metric's own name were bound to, and what references alone
  /// were, which IsActive and GetMetricSpec send.
  private var metricsMemo = RequestMemo<Binding>()
  private var referenceMemo = RequestMemo<Binding>()
  /// The binding of each open StreamIsActive.
  private var pushStreams: [RPCID: Binding] = [:]
  /// Streams that are sent `true` once more, for each of `repeatDelays`, the earliest first.
  private var repeats: [[(at: Duration, rpc: RPCID)]] = repeatDelays.map { _ in [] }
  private var repeatTimer: LoopTimer?
  private var sweepTimer: LoopTimer?
  private var health: HealthRPCs
  private var reflection: ReflectionRPCs

  /// When a rising edge is sent again: KEDA loses a push that meets its own step to zero (C31), and
  /// one for a ScaledObject whose status has no metric name yet (C10).
  static let repeatDelays: [Duration] = [.seconds(1), .seconds(5)]
  /// Ten of KEDA's longest usual polling intervals: whoever is silent that long is gone.
  static let forgetAfter = Duration.seconds(900)
  /// The ScaledObjects that one loop knows; as many as the engine's own limit.
  static let maxBindings = 200_000
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
    self.engine = engine
    self.metrics = metrics
    methods = ScalerMethod.allCases.map {
      (Array($0.path.utf8), RPCMethod(id: $0.rawValue, kind: $0.kind))
    }
    health = HealthRPCs(responder: responder)
    reflection = ReflectionRPCs(responder: responder)
    handle = LoopConfined<ScalerRPCs>()
    mailbox = WorkerMailbox(loop: loop) { [handle] message in
      handle.value?.received(message)
    }
    handle.value = self
    startTimers()
    engine.loop.post { [engine, mailbox] in
      engine.assumeIsolated { $0.add(worker: mailbox) }
    }
  }

  private func startTimers() {
    // Without timers streams lose their second `true` and memory its sweep; both are bearable, and
    // libuv's timers fail only for want of memory.
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
      pushStreams.removeValue(forKey: rpc)?.pushStreams[rpc] = nil
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
    if let binding = metricsMemo.value(for: message) {
      binding.lastUsed = loop.now
      answerMetrics(rpc, binding, metricName: "")
      return
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
    if isOwnName { metricsMemo.remember(binding, for: message) }
    answerMetrics(rpc, binding, metricName: metricName)
  }

  private func isActive(_ message: RawSpan, _ rpc: RPCID) throws(MessageError) {
    if let binding = referenceMemo.value(for: message) {
      binding.lastUsed = loop.now
      answerActivity(rpc, binding)
      return
    }
    let binding = try binding(of: message)
    guard binding.isAnswered else {
      binding.waiting.append((rpc, .isActive, ""))
      return
    }
    referenceMemo.remember(binding, for: message)
    answerActivity(rpc, binding)
  }

  /// Pure and local: it never fails for a reference that can be read (C1, C23).
  private func getMetricSpec(_ message: RawSpan, _ rpc: RPCID) throws(MessageError) {
    if let binding = referenceMemo.value(for: message) {
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

  /// The specification never changes while the stream's metadata stand (C9, C13), so that one
  /// message is all there is to say.
  private func streamMetricSpec(_ message: RawSpan, _ rpc: RPCID) throws(MessageError) {
    let object = ScaledObject(try decoder.scaledObjectRef(from: message))
    responder.send(
      rpc, frame: MessageEncoder.getMetricSpecResponse(metricName: object.effectiveMetricName))
  }

  private func streamIsActive(_ message: RawSpan, _ rpc: RPCID) throws(MessageError) {
    let binding = try binding(of: message)
    binding.pushStreams[rpc] = false
    pushStreams[rpc] = binding
    if binding.isAnswered { push(rpc, binding) }
  }

  // MARK: Answering

  /// - Parameter metricName: empty for the name that the trigger has for its metric.
  private func answerMetrics(_ rpc: RPCID, _ binding: Binding, metricName: String) {
    // The answer itself is not looked at, which would copy it.
    if let frame = binding.metricsFrame {
      metrics.returned(replicas: binding.replicas)
      responder.respond(
        rpc,
        frame: metricName.isEmpty
          ? frame
          : MessageEncoder.getMetricsResponse(metricName: metricName, replicas: binding.replicas))
    } else if case .error(let error) = binding.answer?.metrics {
      responder.end(rpc, status: RPCStatus(error))
    } else {
      responder.end(rpc, status: Self.noAnswerYet(binding.object))
    }
  }

  private func answerActivity(_ rpc: RPCID, _ binding: Binding) {
    if let frame = binding.activityFrame {
      metrics.answered(isActive: binding.isActive)
      responder.respond(rpc, frame: frame)
    } else if case .error(let error) = binding.answer?.activity {
      responder.end(rpc, status: RPCStatus(error))
    } else {
      responder.end(rpc, status: Self.noAnswerYet(binding.object))
    }
  }

  private static func noAnswerYet(_ object: ScaledObject) -> RPCStatus {
    RPCStatus(.unavailable, "\(object) has no decision yet: ask again")
  }

  private func sendActive(_ rpc: RPCID) {
    responder.send(rpc, frame: frames.active)
    for (index, delay) in Self.repeatDelays.enumerated() {
      repeats[index].append((loop.now + delay, rpc))
    }
    startRepeatTimer()
  }

  private func repeatActive() {
    for index in repeats.indices {
      let due = repeats[index].prefix { $0.at <= loop.now }
      for (_, rpc) in due where pushStreams[rpc]?.answer?.activity == .active {
        responder.send(rpc, frame: frames.active)
      }
      repeats[index].removeFirst(due.count)
    }
    startRepeatTimer()
  }

  private func startRepeatTimer() {
    guard let next = repeats.compactMap(\.first?.at).min() else { return }
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
    if let binding = bindings.value(for: key.bytes.span.bytes) {
      binding.lastUsed = loop.now
      return binding
    }
    let object = ScaledObject(try read())
    // What is kept is kept for `forgetAfter`: neither its size nor its number is the client's choice.
    let byteCount = object.byteCount
    guard byteCount <= ScaledObject.longest else {
      throw .longReference(byteCount: byteCount, limit: 253)
    }
    guard bindings.count < Self.maxBindings else { throw .manyReferences(limit: Self.maxBindings) }
    let binding = Binding(object: object, now: loop.now, frames: frames)
    bindings.insert(binding, for: key.bytes.span.bytes)
    engine.loop.post { [engine, mailbox] in
      engine.assumeIsolated { $0.subscribe(object, worker: mailbox) }
    }
    return binding
  }

  private func received(_ message: WorkerMessage) {
    switch message {
    case .ready:
      health.update(.serving)
    case .answers(let updates):
      let isUnderWay = !news.isEmpty
      news.append(updates)
      if !isUnderWay { takeNews() }
    }
  }

  /// Takes one message's answers, and lets sockets be read before the next one's.
  private func takeNews() {
    for update in news.removeFirst() {
      key.fill(update.object)
      guard let binding = bindings.value(for: key.bytes.span.bytes) else { continue }
      take(update.answer, for: binding)
    }
    guard !news.isEmpty else { return }
    loop.post { [handle] in handle.value?.takeNews() }
  }

  private func take(_ answer: Answer, for binding: Binding) {
    binding.take(answer, frames: &frames)
    let waiting = binding.waiting
    binding.waiting = []
    for (rpc, method, metricName) in waiting {
      if method == .getMetrics {
        answerMetrics(rpc, binding, metricName: metricName)
      } else {
        answerActivity(rpc, binding)
      }
    }
    for rpc in binding.pushStreams.keys { push(rpc, binding) }
  }

  /// Sends `true` on open and on every rising edge. `false` is never sent: KEDA up to 2.17 would
  /// deactivate the workload whatever its other triggers say (C28), later ones ignore it (C10). A
  /// lost signal is no state: the stream stays open and silent, and polling tells the reason.
  private func push(_ rpc: RPCID, _ binding: Binding) {
    switch binding.answer?.activity {
    case .active:
      guard binding.pushStreams.updateValue(true, forKey: rpc) == false else { return }
      sendActive(rpc)
    case .inactive:
      binding.pushStreams[rpc] = false
    case .error(let error):
      // A missing decision passes by itself; what is wrong with the reference or the policy does not.
      guard error.kind != .noDecision else { return }
      responder.end(rpc, status: RPCStatus(error))
    case nil:
      break
    }
  }

  private func sweep() {
    let oldest = loop.now - Self.forgetAfter
    let unused = bindings.values.filter {
      $0.lastUsed < oldest && $0.pushStreams.isEmpty && $0.waiting.isEmpty
    }
    if !unused.isEmpty { forget(unused.map(\.object)) }
    if metricsMemo.isOutgrown { metricsMemo.removeAll() }
    if referenceMemo.isOutgrown { referenceMemo.removeAll() }
  }

  /// Drops what is known of these ScaledObjects; the next request for one asks the engine again.
  package func forget(_ objects: [ScaledObject]) {
    let forgotten = Set(objects)
    bindings.removeAll { forgotten.contains($0.object) }
    metricsMemo.removeAll()
    referenceMemo.removeAll()
    engine.loop.post { [engine, mailbox] in
      engine.assumeIsolated { $0.unsubscribe(objects, worker: mailbox) }
    }
  }
}

extension ReferenceKey {
  fileprivate mutating func fill(_ object: ScaledObject) {
    fill(
      name: object.name, namespace: object.namespace, policy: object.policy,
      workload: object.workload, leadTime: object.leadTime, metricName: object.metricName)
  }
}

extension ScaledObject {
  init(_ ref: ScaledObjectRef) {
    self.init(
      namespace: ref.namespace, name: ref.name, policy: ref.policy, workload: ref.workload,
      leadTime: ref.leadTime, metricName: ref.metricName)
  }
}
