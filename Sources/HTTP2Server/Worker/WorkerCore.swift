internal import EventLoop
internal import GRPCWire
internal import TLS

/// What one worker does on its loop: accepts connections, passes their events to the service, writes
/// the answers, and ends it all. Confined to the loop, through the actor that owns it.
final class WorkerCore<Service: RPCService> {
  let service: Service
  let table: ConnectionTable
  private let loop: EventLoop
  let configuration: HTTP2ServerConfiguration
  private let budget: ConnectionBudget
  private let template: SessionTemplate
  private let policyLimits: ConnectionLifecycle.Limits
  private var listener: TCPListener?
  private var turnHook: LoopTurnHook?
  private var timer: LoopTimer?
  /// When `timer` fires; nil when it is stopped.
  private var timerTime: MonotonicTime?
  /// Whether the last connection was one too many.
  private var isFull = false
  private var stallTimer: LoopTimer?
  private var requestTimer: LoopTimer?
  /// Goes on with `postponed`, in the next turn of the loop.
  var resumeTimer: LoopTimer?
  /// The connections that have been read from more than they could be dealt with in one turn.
  var postponed: [HTTP2Connection] = []
  /// When each mistake of clients was last warned of.
  var mistakes: [String: MonotonicTime] = [:]
  private var drain: (deadline: MonotonicTime, completion: () -> Void)?

  init(
    on loop: EventLoop, socket: ListeningSocket, configuration: HTTP2ServerConfiguration,
    budget: ConnectionBudget, counters: WorkerCounters,
    makeService: (EventLoop, RPCResponder) -> Service
  ) throws(EventLoopError) {
    self.loop = loop
    self.configuration = configuration
    self.budget = budget
    table = ConnectionTable(counters: counters)
    service = makeService(loop, RPCResponder(table))
    var limits = SessionLimits(
      messageSize: configuration.maxMessageSize,
      concurrentStreams: configuration.maxConcurrentStreams)
    limits.headerListSize = configuration.maxHeaderListSize
    limits.queuedBytes = configuration.maxOutboundBuffer
    limits.memory = configuration.maxConnectionMemory
    limits.pendingAcks = configuration.maxPendingAcks
    limits.continuations = configuration.maxContinuations
    limits.floods = configuration.floods
    guard let template = SessionTemplate(limits: limits) else {
      throw EventLoopError("set nghttp2 up: out of memory", code: 0)
    }
    self.template = template
    var policyLimits = ConnectionLifecycle.Limits()
    policyLimits.age = configuration.maxConnectionAge
    policyLimits.handshake = configuration.handshakeTimeout
    policyLimits.ageGrace = configuration.maxConnectionAgeGrace
    policyLimits.idle = configuration.maxConnectionIdle
    self.policyLimits = policyLimits
    turnHook = try LoopTurnHook(on: loop) { [unowned self] in flush() }
    timer = try LoopTimer(on: loop) { [unowned self] in timerFired() }
    resumeTimer = try LoopTimer(on: loop) { [unowned self] in resumePostponed() }
    if let limit = configuration.stallTimeout {
      stallTimer = try LoopTimer(on: loop) { [unowned self] in endStalled() }
      let interval = limit / Self.patience
      stallTimer?.start(after: interval, repeating: interval)
    }
    if let limit = configuration.requestTimeout {
      requestTimer = try LoopTimer(on: loop) { [unowned self] in endSlowRequests() }
      let interval = limit / Self.patience
      requestTimer?.start(after: interval, repeating: interval)
    }
    listener = try TCPListener(
      on: loop, socket: socket,
      accepted: { [unowned self] in accept($0) },
      failed: { [unowned self] reason in
        counters.acceptFailures.add(1)
        counters.exceeded(.descriptors)
        table.readClock()
        logMistake("descriptors", "cannot accept connections for now: \(reason)")
      })
  }

  // MARK: Start and end

  /// Brings all connections to their end in good order.
  ///
  /// - Parameter completion: called once the last connection is closed.
  func startDrain(within limit: Duration, completion: @escaping () -> Void) {
    table.readClock()
    service.willDrain()
    listener?.acceptPending()
    listener = nil
    drain = (table.now.advanced(by: limit), completion)
    for connection in table.all {
      startDrain(of: connection)
      advance(connection)
    }
    flush()
    reportIfDrained()
  }

  /// Closes all connections at once.
  func close() {
    listener = nil
    for connection in table.all {
      finish(connection, .drainTimeout)
    }
  }

  // MARK: Connections

  private func accept(_ accepted: consuming TCPListener.Accepted) {
    table.readClock()
    table.counters.connectionsAccepted.add(1)
    guard hasRoom() else { return }
    let session = HTTP2Session(template)
    var limits = policyLimits
    // Connections of one moment must not all come back in one moment (C14).
    limits.age = limits.age.map { $0 * Double.random(in: 0.9...1.1) }
    let policy = ConnectionLifecycle(limits: limits, now: table.now)
    let connection = table.add(session: session, policy: policy)
    do {
      let socket = try TCPConnection(on: loop, accepted) {
        [unowned self, unowned connection] readiness in
        ready(connection, readiness)
      }
      connection.stream = ByteStream(socket, securedBy: configuration.credentials?.current)
      guard connection.stream != nil else {
        throw EventLoopError("set TLS up: out of memory", code: 0)
      }
    } catch {
      log(.warning, "cannot open a connection: \(error)")
      finish(connection, .failure)
      return
    }
    // SETTINGS wait for the client's first bytes: it sends them unasked, and if they are not HTTP/2,
    // a frame before the answer would only confuse it.
    connection.watch()
    arm(connection)
    guard drain != nil else { return }
    startDrain(of: connection)
    advance(connection)
  }

  /// Takes a place for a new connection. Without one the connection is closed, so that the client
  /// hears of it and tries elsewhere, which it would not from the kernel's queue.
  private func hasRoom() -> Bool {
    guard budget.take() else {
      table.counters.connectionsRefused.add(1)
      table.counters.exceeded(.connections)
      guard !isFull else { return false }
      isFull = true
      log(.warning, "closed a connection at once: there are as many as --max-connections allows")
      return false
    }
    isFull = false
    return true
  }

  private func ready(_ connection: HTTP2Connection, _ readiness: SocketWatcher.Readiness) {
    table.readClock()
    if readiness.contains(.failed) {
      // The client has reset the connection: nothing that is left to be read can be answered.
      finish(connection, .failure)
      return
    }
    if connection.postponed.isEmpty, connection.stream?.canRead(readiness) == true {
      read(connection)
    }
    advance(connection)
  }

  /// Reads once, so that one busy client does not keep the others waiting.
  private func read(_ connection: HTTP2Connection) {
    guard let stream = connection.stream else { return }
    switch stream.read(into: table.input) {
    case .nothing:
      break
    case .end:
      finish(connection, .peer)
    case .failed(let reason):
      log(.debug, "the connection failed: \(reason)", connection)
      finish(connection, .failure)
    case .refused(let failure):
      refuse(connection, failure)
    case .plaintext(let guess):
      refuse(connection, plaintext: guess)
    case .bytes(let count):
      table.counters.bytesReceived.add(count)
      guard !connection.isLingering else { return }
      let bytes = UnsafeRawBufferPointer(rebasing: table.input[..<count])
      if connection.firstBytes.count < Preface.enough {
        connection.firstBytes += bytes.prefix(Preface.enough - connection.firstBytes.count)
      }
      process(bytes, connection)
    }
  }

  /// Writes what there is to be written, deals with what comes of it, and asks the policy whether
  /// the connection is done. Called after anything that may have changed the connection.
  func advance(_ connection: HTTP2Connection) {
    write(connection)
    arm(connection)
    schedule(connection)
  }

  private func write(_ connection: HTTP2Connection) {
    if let stream = connection.stream, !stream.isEstablished, !connection.isLingering {
      // Nothing can be sent before the handshake is done; a drain does not wait for it.
      shut(connection, isOver: false, reason: .peer)
      connection.watch()
    }
    while connection.stream?.isEstablished == true, !connection.isLingering {
      deliver(connection)
      switch connection.write(through: &table.output, counting: table.counters.bytesSent) {
      case .failed(let reason):
        log(.debug, "the connection failed: \(reason)", connection)
        finish(connection, .failure)
        return
      case .blocked:
        guard connection.session.events.isEmpty else {
          table.readClock()
          continue
        }
        if let limit = connection.session.exceeded { refuse(connection, .exceeded(limit)) }
        connection.watch()
        return
      case .allSent:
        guard connection.session.events.isEmpty else {
          // Most of them are ends of calls, whose durations it is for.
          table.readClock()
          continue
        }
        if let limit = connection.session.exceeded { refuse(connection, .exceeded(limit)) }
        let isBroken = connection.session.sentError != nil
        let isOver = connection.session.isOver
        shut(connection, isOver: isOver, reason: isBroken ? .protocol : .peer)
        connection.watch()
        return
      }
    }
  }

  /// Shuts the output, if the policy says that all is said.
  func shut(
    _ connection: HTTP2Connection, isOver: Bool, reason: ConnectionCloseReason
  ) {
    switch connection.policy.allSent(isOver: isOver, reason: reason, now: table.now) {
    case .none:
      break
    case .shutOutput:
      endRPCs(of: connection)
      connection.shutOutput()
    }
  }

  /// Closes a connection for good.
  func finish(_ connection: HTTP2Connection, _ reason: ConnectionCloseReason) {
    guard !connection.isClosed else { return }
    connection.isClosed = true
    if reason == .handshake {
      table.counters.exceeded(.handshake)
      if connection.stream?.isEstablished == false { table.counters.handshakeFailed(.timeout) }
    }
    let reason = connection.policy.lost(reason) ?? reason
    if let timer = connection.timer { table.timeouts.remove(timer.token) }
    connection.timer = nil
    connection.close()
    table.remove(connection)
    budget.giveBack()
    table.counters.connectionClosed(reason)
    endRPCs(of: connection)
    log(.debug, "closed the connection: \(reason.rawValue)", connection)
    reportIfDrained()
  }

  // MARK: Draining

  private func startDrain(of connection: HTTP2Connection) {
    guard let drain else { return }
    let order = connection.policy.drainStarted(deadline: drain.deadline, now: table.now)
    if order == .announce { announce(connection) }
  }

  private func announce(_ connection: HTTP2Connection) {
    connection.session.announceDrain()
    for slot in connection.session.openSlots {
      guard let kind = slot.pointee.method?.kind, kind != .unary else { continue }
      connection.session.end(slot, .ok)
    }
  }

  private func reportIfDrained() {
    guard let drain, table.count == 0 else { return }
    self.drain = nil
    drain.completion()
  }

  // MARK: Timer

  /// Sees to it that the policy is asked when it wants to be. A timer that is too early stays: the
  /// policy says when it fires, and setting it anew for every call would cost more.
  private func arm(_ connection: HTTP2Connection) {
    guard connection.stream != nil, let next = connection.policy.nextTimer else { return }
    if let timer = connection.timer {
      guard next < timer.time else { return }
      table.timeouts.remove(timer.token)
    }
    connection.timer = (next, table.timeouts.add(next, .connection(connection)))
    armTimer()
  }

  /// Sets the loop's timer to the earliest timeout, unless it fires before that anyway.
  func armTimer() {
    guard let earliest = table.timeouts.earliest else { return }
    if let timerTime, timerTime <= earliest { return }
    timerTime = earliest
    timer?.start(after: ConnectionTable.clock.duration(to: earliest))
  }

  private func timerFired() {
    timerTime = nil
    table.readClock()
    while let timeout = table.timeouts.takeExpired(at: table.now) {
      switch timeout {
      case .rpc(let rpc):
        expire(rpc)
      case .connection(let connection):
        connection.timer = nil
        switch connection.policy.timerFired(now: table.now) {
        case .announce: announce(connection)
        case .sendFinalGoAway: connection.session.sendFinalGoAway()
        case .close(let reason):
          // Calls are under way only when their time has run out.
          if reason == .age, connection.session.hasCalls { table.counters.exceeded(.ageGrace) }
          finish(connection, reason)
        case .none: break
        }
        advance(connection)
      }
    }
    armTimer()
  }

  /// Writes for all connections that the service has answered on since the last turn.
  func flush() {
    while let connection = table.takeDirty() {
      table.readClock()
      advance(connection)
    }
  }

  func log(
    _ level: HTTP2LogEntry.Level, _ message: String, _ connection: HTTP2Connection? = nil
  ) {
    configuration.log(HTTP2LogEntry(level: level, message: message, peer: connection?.peer))
  }
}
