internal import EventLoop
internal import GRPCWire
internal import TLS
internal import Time

/// One client, from its first byte to its end. Confined to its worker's loop.
///
/// It owns the socket, the HTTP/2 session, its timeouts and its end: it reads when the socket is ready,
/// passes the calls to the service, writes what the session has to send, and closes when its lifecycle
/// says so. The worker accepts it, gives it turns (`advance`, `resume`, the looks at what has stalled)
/// and holds it in the table until it has ended.
///
/// - `+Reading`: bytes of the socket to the session
/// - `+Calls`: events of the session to the service
/// - `+Stalls`, `+Unreadable`, `+Refusal`: clients that take too long, or do what they must not
final class HTTP2Connection {
  /// How far its end has come.
  enum Phase {
    /// Has no socket yet.
    case unopened
    case open(ByteStream)
    /// The output is shut, and the input only read to its end.
    case lingering(ByteStream)
    case closed
  }

  /// Counts the connections of the worker.
  let number: UInt64
  /// Its place in the worker's table.
  let index: Int
  let session: HTTP2Session
  /// What it shares with the other connections of its worker.
  let context: WorkerContext
  /// Says when it ends.
  var lifecycle: ConnectionLifecycle
  private(set) var phase = Phase.unopened
  /// The client's address, for the log.
  private(set) var peer = "unknown"
  var output = PendingOutput()
  /// The first bytes that came, which show a client that speaks no HTTP/2.
  var firstBytes: [UInt8] = []
  /// What was read from the socket and not by the session, because other connections come first.
  var postponed: [UInt8] = []
  /// The request whose header block was not complete at the last look, and how often in a row.
  var slowHead: (stream: Int32, looks: Int) = (0, 0)
  /// When the worker's timer asks the lifecycle again.
  private var timer: (time: MonotonicTime, token: WorkerTimeouts.Token)?
  /// When a connection that cannot be read ends, calls or none.
  var unreadableTimer: WorkerTimeouts.Token?
  /// Whether it is in the table's list of connections with something to be written.
  var isDirty = false
  /// Whether it is in the table's list of connections that go on with `postponed`.
  var isPostponed = false

  init(
    number: UInt64, index: Int, session: HTTP2Session, lifecycle: ConnectionLifecycle,
    in context: WorkerContext
  ) {
    self.number = number
    self.index = index
    self.session = session
    self.lifecycle = lifecycle
    self.context = context
  }

  func id(of stream: Int32) -> RPCID {
    RPCID(connection: number, index: index, stream: stream)
  }

  /// What is read and written; nil before the connection is open and after it has closed.
  var stream: ByteStream? {
    switch phase {
    case .open(let stream), .lingering(let stream): stream
    case .unopened, .closed: nil
    }
  }

  var isLingering: Bool {
    if case .lingering = phase { true } else { false }
  }

  var isClosed: Bool {
    if case .closed = phase { true } else { false }
  }

  // MARK: Turns

  /// Takes over the socket, and waits for the client's first bytes.
  ///
  /// SETTINGS wait for them, too: a client sends them unasked, and if they are not HTTP/2, a frame
  /// before the answer would only confuse it.
  func open(
    _ accepted: consuming TCPListener.Accepted, on loop: EventLoop
  ) throws(EventLoopError) {
    let socket = try TCPConnection(on: loop, accepted) { [unowned self] readiness in
      ready(readiness)
    }
    let credentials = context.configuration.credentials
    guard let stream = ByteStream(socket, securedBy: credentials?.current) else {
      throw EventLoopError("set TLS up: out of memory", code: 0)
    }
    phase = .open(stream)
    peer = stream.peer
    watch()
    arm()
  }

  private func ready(_ readiness: SocketWatcher.Readiness) {
    context.readClock()
    if readiness.contains(.failed) {
      // The client has reset the connection: nothing that is left to be read can be answered.
      end(.failure)
      return
    }
    if postponed.isEmpty, stream?.canRead(readiness) == true { read() }
    advance()
  }

  /// Writes what there is to be written, deals with what comes of it, and asks the lifecycle whether
  /// the connection is done. Called after anything that may have changed the connection.
  func advance() {
    write()
    arm()
    postpone()
  }

  private func write() {
    if let stream, !stream.isEstablished, !isLingering {
      // Nothing can be sent before the handshake is done; a drain does not wait for it.
      shut(isOver: false, reason: .peer)
      watch()
    }
    while case .open(let stream) = phase, stream.isEstablished {
      deliver()
      switch send(to: stream) {
      case .failed(let reason):
        log(.debug, "the connection failed: \(reason)")
        end(.failure)
        return
      case .blocked:
        guard session.events.isEmpty else {
          context.readClock()
          continue
        }
        if let limit = session.exceeded { refuse(.exceeded(limit)) }
        watch()
        return
      case .allSent:
        guard session.events.isEmpty else {
          // Most of them are ends of calls, whose durations it is for.
          context.readClock()
          continue
        }
        if let limit = session.exceeded { refuse(.exceeded(limit)) }
        if session.isUnreadable, session.callCount == 0 {
          endUnreadable()
        } else {
          shut(
            isOver: session.isOver, reason: session.departure == .expulsion ? .protocol : .peer)
        }
        watch()
        return
      }
    }
  }

  /// Writes all that the kernel takes.
  func send(to stream: ByteStream) -> PendingOutput.OnWrite {
    output.write(
      from: session, to: stream, through: &context.output, counting: context.counters.bytesSent)
  }

  /// Watches for what the connection can go on with.
  ///
  /// A client that sends calls and reads no answers is not read while the kernel's buffer and ours
  /// are full: TCP then holds it back. A client that only keeps its HTTP/2 windows shut is read on,
  /// since its window updates must be seen.
  private func watch() {
    guard let stream else { return }
    var interest = SocketWatcher.Readiness.none
    if postponed.isEmpty, !isFull { interest.insert(.readable) }
    if output.isBlocked { interest.insert(.writable) }
    stream.watch(interest)
  }

  /// Whether so much waits for the client to take it that nothing more is read.
  var isFull: Bool {
    output.isBlocked
      && output.blockedBytes + session.outputBacklog > session.limits.outputHighWater
  }

  // MARK: Timeouts

  /// Sees to it that the lifecycle is asked when it wants to be. A timer that is too early stays: the
  /// lifecycle says when it fires, and setting it again for every call would cost more.
  private func arm() {
    guard stream != nil, let next = lifecycle.nextTimer else { return }
    if let timer {
      guard next < timer.time else { return }
      context.timeouts.remove(timer.token)
    }
    timer = (next, context.timeouts.add(next, .connection(self)))
  }

  /// The time that the lifecycle asked for has come.
  func timerFired() {
    timer = nil
    switch lifecycle.timerFired(now: context.now) {
    case .announce: announceDrain()
    case .sendFinalGoAway: session.sendFinalGoAway()
    case .close(let reason):
      // Calls are under way only when their time has run out.
      if reason == .age, session.hasCalls { context.counters.exceeded(.ageGrace) }
      end(reason)
    case .none: break
    }
    advance()
  }

  // MARK: End

  /// Brings the connection to its end in good order: what is open has until `deadline`.
  func startDrain(deadline: MonotonicTime) {
    let order = lifecycle.drainStarted(deadline: deadline, now: context.now)
    if order == .announce { announceDrain() }
    advance()
  }

  private func announceDrain() {
    session.announceDrain()
    for slot in session.openSlots {
      guard let kind = slot.pointee.method?.kind, kind != .unary else { continue }
      session.end(slot, .ok)
    }
  }

  /// Shuts the output after what was written, if the lifecycle says that all is said; what still comes
  /// is dropped.
  func shut(isOver: Bool, reason: ConnectionCloseReason) {
    switch lifecycle.allSent(isOver: isOver, reason: reason, now: context.now) {
    case .none:
      break
    case .shutOutput:
      endCalls()
      discard()
      guard case .open(let stream) = phase else { return }
      phase = .lingering(stream)
      stream.shutOutput()
      stream.watch(.readable)
    }
  }

  /// Closes the connection for good.
  func end(_ reason: ConnectionCloseReason) {
    guard !isClosed else { return }
    if reason == .handshake {
      context.counters.exceeded(.handshake)
      if stream?.isEstablished == false { context.counters.handshakeFailed(.timeout) }
    }
    let reason = lifecycle.lost(reason) ?? reason
    phase = .closed
    if let timer { context.timeouts.remove(timer.token) }
    timer = nil
    if let unreadableTimer { context.timeouts.remove(unreadableTimer) }
    unreadableTimer = nil
    discard()
    context.remove(self, reason)
    endCalls()
    log(.debug, "closed the connection: \(reason.rawValue)")
  }

  /// Drops what waits to be read or written.
  private func discard() {
    output.discard()
    postponed = []
  }

  func log(_ level: HTTP2LogEntry.Level, _ message: String) {
    context.log(level, message, peer: peer)
  }

  /// Warns of a mistake of the client (`WorkerContext.logMistake`).
  func logMistake(_ kind: String, _ message: String) {
    context.logMistake(kind, message, peer: peer)
  }
}
