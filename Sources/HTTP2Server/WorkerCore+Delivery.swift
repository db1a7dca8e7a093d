internal import EventLoop
internal import GRPCWire

/// How the events of a session become calls of the service.
///
/// The service answers through the responder, which changes slots: no access to a slot is held
/// across a call of the service.
extension WorkerCore {
  /// Deals with what the session has noted, in order.
  func deliver(_ connection: HTTP2Connection) {
    let session = connection.session
    var next = 0
    while next < session.events.count {
      let event = session.events[next]
      next += 1
      switch event {
      case .head(let slot):
        open(slot, connection)
      case .data(let slot, let bytes):
        var isLast = false
        if next < session.events.count, case .requestEnd(slot) = session.events[next] {
          isLast = true
        }
        receive(bytes, isLast: isLast, slot, connection)
      case .requestEnd(let slot):
        endRequest(slot, connection)
      case .resumable(let slot):
        resume(slot, connection)
      case .closed(let slot):
        close(slot, connection)
      case .handshake:
        connection.policy.handshakeCompleted(now: table.now)
      case .pingAcknowledged:
        if connection.policy.pingAcknowledged() == .sendFinalGoAway { session.sendFinalGoAway() }
      }
    }
    session.events.removeAll(keepingCapacity: true)
  }

  /// Ends all RPCs of a connection whose streams will not be heard of again.
  func endRPCs(of connection: HTTP2Connection) {
    connection.session.events = []
    for slot in connection.session.slots.indices.reversed()
    where connection.session.slots.indices.contains(slot) {
      guard connection.session.slots[slot].stream != 0 else { continue }
      close(slot, connection)
    }
  }

  /// Ends an RPC whose `grpc-timeout` has run out.
  func expire(_ rpc: RPCID) {
    guard let (connection, slot) = table.find(rpc) else { return }
    connection.session.slots[slot].deadline = nil
    connection.session.abort(slot, Self.deadlineExceeded)
    table.markDirty(connection)
  }

  private static var deadlineExceeded: RPCStatus {
    RPCStatus(.deadlineExceeded, "the time that grpc-timeout gave has run out")
  }

  // MARK: Events

  private func open(_ slot: Int, _ connection: HTTP2Connection) {
    let session = connection.session
    session.slots[slot].isOpen = true
    session.slots[slot].arrival = table.now
    connection.policy.streamOpened()
    table.counters.streamsOpened.add(1)
    table.counters.streamsOpen.add(1)
    switch session.slots[slot].head.verdict {
    case .refuse(let httpStatus, let status):
      refuse(slot, connection, httpStatus: httpStatus, status)
    case .call(let timeout):
      let path = session.slots[slot].head.path
      guard let method = service.method(at: path.span.bytes) else {
        let path = String(decoding: path.prefix(256), as: UTF8.self)
        let status = RPCStatus(.unimplemented, "this server has no method \(path)")
        refuse(slot, connection, httpStatus: 200, status)
        return
      }
      begin(method, timeout: timeout, slot, connection)
    }
  }

  private func refuse(
    _ slot: Int, _ connection: HTTP2Connection, httpStatus: Int, _ status: RPCStatus
  ) {
    table.counters.callsRefused.add(1)
    connection.session.slots[slot].lifecycle = RPCLifecycle(kind: .unary)
    connection.session.refuse(slot, httpStatus: httpStatus, status)
  }

  private func begin(
    _ method: RPCMethod, timeout: Duration?, _ slot: Int, _ connection: HTTP2Connection
  ) {
    let session = connection.session
    session.slots[slot].method = method
    session.slots[slot].lifecycle = RPCLifecycle(kind: method.kind)
    if method.kind != .unary {
      service.opened(connection.id(of: session.slots[slot].stream), method: method.id)
      // A client learns of the drain by the end of its streams, not by their absence.
      if connection.policy.isDraining { session.end(slot, .ok) }
    }
    guard let timeout else { return }
    guard timeout > .zero else {
      session.abort(slot, Self.deadlineExceeded)
      return
    }
    let rpc = connection.id(of: session.slots[slot].stream)
    session.slots[slot].deadline = table.timeouts.add(
      table.now.advanced(by: timeout), .rpc(rpc))
    armTimer()
  }

  /// - Parameter isLast: whether the end of the request comes next.
  private func receive(
    _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ slot: Int, _ connection: HTTP2Connection
  ) {
    let session = connection.session
    guard session.slots[slot].lifecycle.isReading else {
      session.returnStreamWindow(of: slot, chunk.count)
      return
    }
    // The window of what is stashed is given back later, which stops the client in time.
    guard !session.slots[slot].isStalled else { return stash(chunk, slot, connection) }
    let used = readMessages(of: chunk, isLast: isLast, slot, connection)
    session.returnStreamWindow(of: slot, used)
    if used < chunk.count {
      stash(UnsafeRawBufferPointer(rebasing: chunk[used...]), slot, connection)
    }
    account(for: slot, connection)
  }

  /// Passes on the messages of `chunk` until it is used up or the RPC stalls.
  ///
  /// - Returns: how many bytes were used.
  private func readMessages(
    of chunk: UnsafeRawBufferPointer, isLast: Bool, _ slot: Int, _ connection: HTTP2Connection
  ) -> Int {
    let session = connection.session
    var offset = 0
    while !session.slots[slot].isStalled {
      switch session.slots[slot].deframer.next(in: chunk.bytes, from: &offset) {
      case .needsMore:
        return offset
      case .message(let range):
        let message = UnsafeRawBufferPointer(rebasing: chunk[range])
        received(
          message, canDeliver: isLast && range.upperBound == chunk.count, slot, connection)
      case .assembledMessage:
        let message = session.slots[slot].deframer.takeAssembled()
        message.withUnsafeBytes {
          received($0, canDeliver: isLast && offset == chunk.count, slot, connection)
        }
      case .failed(let status):
        session.abort(slot, status)
      }
      guard session.slots[slot].lifecycle.isReading else { return chunk.count }
    }
    return offset
  }

  /// - Parameter canDeliver: whether the message ends the request, so that it need not be held.
  private func received(
    _ message: UnsafeRawBufferPointer, canDeliver: Bool, _ slot: Int,
    _ connection: HTTP2Connection
  ) {
    let session = connection.session
    switch session.slots[slot].lifecycle.messageReceived() {
    case .hold:
      if canDeliver, session.slots[slot].lifecycle.requestEnded() == .deliverHeldMessage {
        pass(message, slot, connection)
      } else {
        session.slots[slot].held = Array(message)
      }
    case .deliver:
      pass(message, slot, connection)
      let queue = session.slots[slot].queue
      session.slots[slot].isStalled = !queue.hasRoom(forBytes: 0, within: session.limits.stall)
    case .refuse(let status):
      session.abort(slot, status)
    case .drop:
      break
    }
  }

  private func pass(
    _ message: UnsafeRawBufferPointer, _ slot: Int, _ connection: HTTP2Connection
  ) {
    guard let method = connection.session.slots[slot].method else { return }
    let rpc = connection.id(of: connection.session.slots[slot].stream)
    service.received(message.bytes, on: rpc, method: method.id)
  }

  private func endRequest(_ slot: Int, _ connection: HTTP2Connection) {
    let session = connection.session
    guard session.slots[slot].lifecycle.isReading else { return }
    guard !session.slots[slot].isStalled, session.slots[slot].stash.isEmpty else {
      session.slots[slot].hasEndBehindStash = true
      return
    }
    if let status = session.slots[slot].deframer.statusAtEnd() {
      session.abort(slot, status)
      return
    }
    switch session.slots[slot].lifecycle.requestEnded() {
    case .deliverHeldMessage:
      let message = session.slots[slot].held
      session.slots[slot].held = []
      message.withUnsafeBytes { pass($0, slot, connection) }
      account(for: slot, connection)
    case .tellService:
      guard let method = session.slots[slot].method else { return }
      service.halfClosed(connection.id(of: session.slots[slot].stream), method: method.id)
    case .refuse(let status):
      session.abort(slot, status)
    case .none:
      break
    }
  }

  private func close(_ slot: Int, _ connection: HTTP2Connection) {
    let session = connection.session
    let ended = session.slots[slot]
    session.releaseSlot(slot)
    if let deadline = ended.deadline { table.timeouts.remove(deadline) }
    guard ended.isOpen else { return }
    connection.policy.streamClosed(now: table.now)
    table.counters.streamsOpen.add(-1)
    guard let method = ended.method else { return }
    service.ended(
      connection.id(of: ended.stream), method: method.id,
      code: ended.lifecycle.outcome(sentCompletely: ended.isAnswerSent),
      elapsed: ended.arrival.duration(to: ConnectionTable.clock))
  }

  // MARK: Back-pressure

  private func stash(
    _ bytes: UnsafeRawBufferPointer, _ slot: Int, _ connection: HTTP2Connection
  ) {
    connection.session.slots[slot].stash.append(contentsOf: bytes)
    account(for: slot, connection)
  }

  /// Goes on with a bidirectional RPC whose client reads again.
  private func resume(_ slot: Int, _ connection: HTTP2Connection) {
    let session = connection.session
    let stash = session.slots[slot].stash
    session.slots[slot].stash = []
    stash.withUnsafeBytes { receive($0, isLast: false, slot, connection) }
    account(for: slot, connection)
    guard session.slots[slot].hasEndBehindStash else { return }
    endRequest(slot, connection)
  }

  private func account(for slot: Int, _ connection: HTTP2Connection) {
    guard connection.session.accountForBufferedBytes(of: slot) else {
      connection.session.abort(
        slot,
        RPCStatus(
          .resourceExhausted, "this connection has too many incomplete requests in memory"))
      return
    }
  }
}
