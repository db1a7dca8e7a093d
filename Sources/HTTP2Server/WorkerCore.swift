internal import EventLoop
internal import GRPCWire

/// What one worker does on its loop: accepts connections, passes their events to the service, writes
/// the answers, and ends it all. Confined to the loop, through the actor that owns it.
final class WorkerCore<Service: RPCService> {
  let service: Service
  let table: ConnectionTable
  private let loop: EventLoop
  private let configuration: HTTP2ServerConfiguration
  private let template: SessionTemplate
  private let policyLimits: ConnectionPolicy.Limits
  private var listener: TCPListener?
  private var turnHook: LoopTurnHook?
  private var timer: LoopTimer?
  /// When `timer` fires; nil when it is stopped.
  private var timerTime: MonotonicTime?
  /// Whether the last attempt to accept a connection failed.
  private var isRefusing = false
  private var drain: (deadline: MonotonicTime, completion: () -> Void)?

  init(
    on loop: EventLoop, socket: ListeningSocket, configuration: HTTP2ServerConfiguration,
    counters: WorkerCounters, makeService: (EventLoop, RPCResponder) -> Service
  ) throws(EventLoopError) {
    self.loop = loop
    self.configuration = configuration
    table = ConnectionTable(counters: counters)
    service = makeService(loop, RPCResponder(table))
    let limits = SessionLimits(
      messageSize: configuration.maxMessageSize,
      concurrentStreams: configuration.maxConcurrentStreams)
    guard let template = SessionTemplate(limits: limits) else {
      throw EventLoopError("set nghttp2 up: out of memory", code: 0)
    }
    self.template = template
    var policyLimits = ConnectionPolicy.Limits()
    policyLimits.age = configuration.maxConnectionAge
    policyLimits.idle = configuration.maxConnectionIdle
    self.policyLimits = policyLimits
    turnHook = try LoopTurnHook(on: loop) { [unowned self] in flush() }
    timer = try LoopTimer(on: loop) { [unowned self] in timerFired() }
    listener = try TCPListener(
      on: loop, socket: socket,
      accepted: { [unowned self] in accept($0) },
      failed: { [unowned self] reason in
        counters.acceptFailures.add(1)
        // Tried again ten times a second, told once.
        guard !isRefusing else { return }
        isRefusing = true
        log(.warning, "cannot accept connections for now: \(reason)")
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
    isRefusing = false
    guard let session = HTTP2Session(template) else {
      log(.warning, "cannot open a connection: out of memory")
      return
    }
    var limits = policyLimits
    // Connections of one moment must not all come back in one moment (C14).
    limits.age = limits.age.map { $0 * Double.random(in: 0.9...1.1) }
    let policy = ConnectionPolicy(limits: limits, now: table.now)
    let connection = table.add(session: session, policy: policy)
    do {
      connection.socket = try TCPConnection(on: loop, accepted) {
        [unowned self, unowned connection] readiness in
        ready(connection, readiness)
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

  private func ready(_ connection: HTTP2Connection, _ readiness: SocketWatcher.Readiness) {
    table.readClock()
    if readiness.contains(.failed) {
      // The client has reset the connection: nothing that is left to be read can be answered.
      finish(connection, .failure)
      return
    }
    if readiness.contains(.readable) { read(connection) }
    advance(connection)
  }

  /// Reads once, so that one busy client does not keep the others waiting.
  private func read(_ connection: HTTP2Connection) {
    guard let socket = connection.socket else { return }
    switch socket.read(into: table.input) {
    case .nothing:
      break
    case .end:
      finish(connection, .peer)
    case .failed(let reason):
      log(.debug, "the connection failed: \(reason)", connection)
      finish(connection, .failure)
    case .bytes(let count):
      table.counters.bytesReceived.add(count)
      guard !connection.isLingering else { return }
      let bytes = UnsafeRawBufferPointer(rebasing: table.input[..<count])
      if connection.firstBytes.count < Preface.enough {
        connection.firstBytes += bytes.prefix(Preface.enough - connection.firstBytes.count)
      }
      do throws(HTTP2Session.Failure) {
        try connection.session.receive(bytes)
      } catch {
        deliver(connection)
        refuse(connection, error)
      }
      deliver(connection)
    }
  }

  /// Ends a connection on which nghttp2 can read no further.
  private func refuse(_ connection: HTTP2Connection, _ failure: HTTP2Session.Failure) {
    let guess = Preface.guess(from: connection.firstBytes)
    switch failure {
    case .badPreface:
      log(.debug, "expected the preface of HTTP/2, found \(guess.description)", connection)
      if let answer = guess.answer { _ = answer.withUnsafeBytes { connection.socket?.write($0) } }
    case .broken(let reason):
      log(.debug, "the client broke HTTP/2: \(reason)", connection)
    }
    shut(connection, isOver: true, reason: .protocol)
  }

  /// Writes what there is to be written, deals with what comes of it, and asks the policy whether
  /// the connection is done. Called after anything that may have changed the connection.
  private func advance(_ connection: HTTP2Connection) {
    while connection.socket != nil, !connection.isLingering {
      deliver(connection)
      switch connection.write(through: &table.output, counting: table.counters.bytesSent) {
      case .failed(let reason):
        log(.debug, "the connection failed: \(reason)", connection)
        finish(connection, .failure)
        return
      case .blocked:
        guard connection.session.events.isEmpty else { continue }
        connection.watch()
        arm(connection)
        return
      case .allSent:
        guard connection.session.events.isEmpty else { continue }
        let isBroken = connection.session.sentError != nil
        let isOver = connection.session.isOver
        shut(connection, isOver: isOver, reason: isBroken ? .protocol : .peer)
        connection.watch()
        arm(connection)
        return
      }
    }
    arm(connection)
  }

  /// Shuts the output, if the policy says that all is said.
  private func shut(
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
  private func finish(_ connection: HTTP2Connection, _ reason: ConnectionCloseReason) {
    guard !connection.isClosed else { return }
    connection.isClosed = true
    let reason = connection.policy.lost(reason) ?? reason
    if let timer = connection.timer { table.timeouts.remove(timer.token) }
    connection.timer = nil
    connection.socket = nil
    table.remove(connection)
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
    guard connection.socket != nil, let next = connection.policy.nextTimer else { return }
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
        case .close(let reason): finish(connection, reason)
        case .none: break
        }
        advance(connection)
      }
    }
    armTimer()
  }

  /// Writes for all connections that the service has answered on since the last turn.
  private func flush() {
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
