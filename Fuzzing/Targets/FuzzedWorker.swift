internal import EventLoop
internal import GRPCWire
internal import Time

@testable internal import HTTP2Server

/// A worker of the gRPC server without its socket: bytes go in where the connection reads them, and
/// come out where it would write them.
///
/// Nothing that it does waits for the loop it lives on.
final class FuzzedWorker {
  private let core: WorkerCore
  private let service: FuzzedService
  private let template: SessionTemplate
  private var output: [UInt8] = []

  /// On the loop.
  init(on loop: EventLoop) {
    let table = ConnectionTable()
    service = FuzzedService(RPCResponder(table))
    do {
      let address = ListenAddress(host: "127.0.0.1", port: 0)
      core = try WorkerCore(
        on: loop, configuration: HTTP2ServerConfiguration(address: address),
        budget: ConnectionBudget(limit: nil), counters: WorkerCounters(), table: table,
        service: service)
    } catch {
      fatalError("no worker could be made: \(error)")
    }
    guard let template = SessionTemplate(limits: Self.limits) else {
      fatalError("nghttp2 could not be set up")
    }
    self.template = template
  }

  deinit {
    core.close()
  }

  /// So low that inputs of some hundred bytes pass them.
  private static var limits: SessionLimits {
    var limits = SessionLimits(messageSize: 600, concurrentStreams: 24)
    limits.headerListSize = 2048
    limits.queue = FrameQueue.Limits(messages: 8, bytes: 6000)
    limits.stall = FrameQueue.Limits(messages: 3, bytes: 1000)
    limits.queuedBytes = 20_000
    // Room for nine calls and a little more.
    limits.memory = 10 * SessionLimits.streamCost
    limits.pendingAcks = 10
    limits.floods.resets = 1
    limits.floods.control = 1
    limits.outputBatch = 4096
    return limits
  }

  /// Serves one connection from its first byte to its end.
  func serve(_ bytes: [UInt8], _ treatment: ConnectionTreatment) throws(Broken) {
    let session = HTTP2Session(template)
    let context = core.context
    context.readClock()
    let connection = context.add(
      session, lifecycle: ConnectionLifecycle(limits: .init(), now: context.now))
    var isAlive = true
    var offset = 0
    while isAlive, offset < bytes.count {
      let chunk = Array(bytes[offset..<min(offset + treatment.chunkSize, bytes.count)])
      if treatment.isDrained, offset <= bytes.count / 2, offset + chunk.count > bytes.count / 2 {
        drain(connection)
      }
      isAlive = receive(chunk, connection)
      if isAlive, !treatment.isWrittenLate { isAlive = write(connection) }
      offset += chunk.count
      try require(
        session.bufferedBytes <= Self.limits.memory + Self.limits.messageSize + chunk.count,
        "\(session.bufferedBytes) bytes of requests are kept")
      try require(
        session.queuedBytes <= Self.limits.queuedBytes + FuzzedService.longestMessage,
        "\(session.queuedBytes) bytes of answers wait")
    }
    if isAlive { isAlive = write(connection) }
    if isAlive, treatment.isLeftWaiting { wait(connection) }
    connection.end(.peer)
    core.flush()
    try requireNothingLeft(session)
  }

  /// As `HTTP2Connection` reads.
  private func receive(
    _ chunk: [UInt8], _ connection: HTTP2Connection
  ) -> Bool {
    chunk.withUnsafeBytes { chunk in
      var rest = chunk
      do throws(HTTP2Session.Failure) {
        while !rest.isEmpty {
          let count = try connection.session.receive(rest, now: core.context.now)
          connection.deliver()
          rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
      } catch {
        connection.deliver()
        return false
      }
    }
  }

  /// As `HTTP2Connection` writes, to a socket that takes everything.
  private func write(_ connection: HTTP2Connection) -> Bool {
    let session = connection.session
    while true {
      connection.deliver()
      output.removeAll(keepingCapacity: true)
      guard let isAll = try? session.pull(into: &output) else { return false }
      guard isAll, session.events.isEmpty else { continue }
      guard session.exceeded == nil else { return false }
      return !session.isOver
    }
  }

  private func drain(_ connection: HTTP2Connection) {
    connection.session.announceDrain()
    for slot in connection.session.openSlots where slot.pointee.method?.kind != .unary {
      connection.session.end(slot, .ok)
    }
    connection.session.sendFinalGoAway()
  }

  /// All deadlines pass, and the client reads nothing for as long as is borne.
  private func wait(_ connection: HTTP2Connection) {
    service.answerHeld()
    let distant = MonotonicTime(nanoseconds: .max)
    let context = core.context
    while case .rpc(let rpc)? = context.timeouts.takeExpired(at: distant) {
      if let (connection, slot) = context.table.find(rpc) { connection.expire(slot) }
    }
    for _ in 0...5 {
      core.endStalled()
      core.endSlowRequests(limit: .seconds(30))
    }
    if !connection.isClosed { _ = write(connection) }
  }

  private func requireNothingLeft(_ session: HTTP2Session) throws(Broken) {
    let context = core.context
    try service.requireAllEnded()
    try require(context.table.count == 0, "the connection is still in the table")
    try require(context.timeouts.earliest == nil, "a timeout outlives its call")
    try require(context.counters.streamsOpen.value == 0, "streams are counted as open")
    try require(context.counters.connectionsOpen.value == 0, "connections are counted as open")
    try require(
      session.queuedBytes == 0 && session.bufferedBytes == 0,
      "\(session.queuedBytes) and \(session.bufferedBytes) bytes are counted as kept")
    try require(session.openSlots.isEmpty, "streams are open without a connection")
  }
}
