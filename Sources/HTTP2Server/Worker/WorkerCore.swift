internal import EventLoop
internal import GRPCWire
internal import Time

/// What one worker does on its loop: accepts connections, gives them their turns, and ends them all.
/// What becomes of one connection is the connection's own affair. Confined to the loop, through the
/// actor that owns it.
final class WorkerCore {
  private enum Phase {
    /// Not listening yet.
    case idle
    case accepting(TCPListener)
    /// Until the deadline; `completion` is called once the last connection has ended.
    case draining(deadline: MonotonicTime, completion: () -> Void)
    case done
  }

  let context: WorkerContext
  private let loop: EventLoop
  private let budget: ConnectionBudget
  private let template: SessionTemplate
  private let lifecycleLimits: ConnectionLifecycle.Limits
  private var phase = Phase.idle
  /// Whether the last connection was one too many.
  private var isFull = false
  private var turnHook: LoopTurnHook?
  private var stallTimer: LoopTimer?
  private var requestTimer: LoopTimer?

  private var table: ConnectionTable { context.table }

  /// - Parameters:
  ///   - table: where the responder of `service` finds its connections.
  ///   - budget: the connections of all workers together.
  init(
    on loop: EventLoop, configuration: HTTP2ServerConfiguration, budget: ConnectionBudget,
    counters: WorkerCounters, table: ConnectionTable, service: any RPCService
  ) throws(EventLoopError) {
    self.loop = loop
    self.budget = budget
    context = WorkerContext(
      service: service, table: table, configuration: configuration, counters: counters,
      budget: budget)
    guard let template = SessionTemplate(limits: SessionLimits(configuration), memory: budget.calls)
    else {
      throw EventLoopError("set nghttp2 up: out of memory", code: 0)
    }
    self.template = template
    var limits = ConnectionLifecycle.Limits()
    limits.age = configuration.maxConnectionAge
    limits.handshake = configuration.handshakeTimeout
    limits.ageGrace = configuration.maxConnectionAgeGrace
    limits.idle = configuration.maxConnectionIdle
    lifecycleLimits = limits
    turnHook = try LoopTurnHook(on: loop) { [unowned self] in endTurn() }
    try context.timeouts.start(on: loop) { [unowned self] in takeTimeouts() }
    context.resumeTimer = try LoopTimer(on: loop) { [unowned self] in resumePostponed() }
    if let limit = configuration.stallTimeout {
      stallTimer = try Self.looks(on: loop, within: limit) { [unowned self] in endStalled() }
    }
    if let limit = configuration.requestTimeout {
      requestTimer = try Self.looks(on: loop, within: limit) { [unowned self] in
        endSlowRequests(limit: limit)
      }
    }
  }

  deinit {
    context.close()
  }

  /// A timer for looks at what does not go forward within `limit` (`Progress`).
  private static func looks(
    on loop: EventLoop, within limit: Duration, _ look: @escaping () -> Void
  ) throws(EventLoopError) -> LoopTimer {
    let timer = try LoopTimer(on: loop, action: look)
    let interval = limit / Progress.patience
    timer.start(after: interval, repeating: interval)
    return timer
  }

  // MARK: Start and end

  /// Accepts the connections of `socket` from now on. To be called once.
  func listen(on socket: ListeningSocket) throws(EventLoopError) {
    let listener = try TCPListener(
      on: loop, socket: socket,
      accepted: { [unowned self] in accept($0) },
      failed: { [unowned self] reason in
        context.counters.acceptFailures.add(1)
        context.counters.exceeded(.descriptors)
        context.readClock()
        context.logMistake("descriptors", "cannot accept connections for now: \(reason)")
      })
    phase = .accepting(listener)
  }

  /// Brings all connections to their end in good order.
  ///
  /// - Parameter completion: called once the last connection is closed.
  func startDrain(within limit: Duration, completion: @escaping () -> Void) {
    context.readClock()
    context.service.willDrain()
    if case .accepting(let listener) = phase { listener.acceptPending() }
    let deadline = context.now.advanced(by: limit)
    phase = .draining(deadline: deadline, completion: completion)
    for connection in table.all { connection.startDrain(deadline: deadline) }
    endTurn()
  }

  /// Closes all connections at once.
  func close() {
    for connection in table.all { connection.end(.drainTimeout) }
    reportIfDrained()
    phase = .done
  }

  private func reportIfDrained() {
    guard case .draining(_, let completion) = phase, table.count == 0 else { return }
    phase = .done
    completion()
  }

  // MARK: Accepting

  /// Takes over a connection, as long as there is room.
  func accept(_ accepted: consuming TCPListener.Accepted) {
    context.readClock()
    context.counters.connectionsAccepted.add(1)
    guard hasRoom() else { return }
    var limits = lifecycleLimits
    // Connections of one moment must not all come back in one moment (C14).
    limits.age = limits.age.map { $0 * Double.random(in: 0.9...1.1) }
    let connection = context.add(
      HTTP2Session(template), lifecycle: ConnectionLifecycle(limits: limits, now: context.now))
    do {
      try connection.open(accepted, on: loop)
    } catch {
      context.log(.warning, "cannot open a connection: \(error)")
      connection.end(.failure)
      return
    }
    if case .draining(let deadline, _) = phase { connection.startDrain(deadline: deadline) }
  }

  /// Takes a place for a new connection. Without one the connection is closed, so that the client
  /// hears of it and tries elsewhere, which it would not from the kernel's queue.
  private func hasRoom() -> Bool {
    guard budget.take() else {
      context.counters.connectionsRefused.add(1)
      context.counters.exceeded(.connections)
      guard !isFull else { return false }
      isFull = true
      context.log(
        .warning, "closed a connection at once: there are as many as --max-connections allows")
      return false
    }
    isFull = false
    return true
  }

  // MARK: Turns

  /// Ends a turn of the loop, before it waits for sockets.
  private func endTurn() {
    flush()
    reportIfDrained()
  }

  /// Writes for all connections that the service has answered on since the last turn.
  func flush() {
    while let connection = table.takeDirty() {
      context.readClock()
      connection.advance()
    }
  }

  private func resumePostponed() {
    for connection in table.takePostponed() { connection.resume() }
  }

  private func takeTimeouts() {
    context.readClock()
    while let timeout = context.timeouts.takeExpired(at: context.now) {
      switch timeout {
      case .rpc(let rpc):
        if let (connection, slot) = table.find(rpc) { connection.expire(slot) }
      case .connection(let connection):
        connection.timerFired()
      case .unreadable(let connection):
        connection.unreadableTimerFired()
      }
    }
  }

  /// Ends the RPCs, and the connections, of which nothing was taken for too long.
  func endStalled() {
    context.readClock()
    for connection in table.all { connection.endStalled() }
    flush()
  }

  /// Ends the calls, and the connections, whose requests are not complete within `limit`.
  func endSlowRequests(limit: Duration) {
    context.readClock()
    for connection in table.all { connection.endSlowRequests(limit: limit) }
    flush()
  }
}
