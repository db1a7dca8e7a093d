internal import EventLoop
internal import GRPCWire

/// How the events of a session become calls of the service.
///
/// The service answers through the responder, which changes slots: no access to a slot's contents is
/// held across a call of the service.
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
      case .exceeded(let limit):
        table.counters.exceeded(limit)
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
    connection.session.abandon()
    for slot in connection.session.openSlots {
      close(slot, connection)
    }
  }

  /// Ends an RPC whose `grpc-timeout` has run out.
  func expire(_ rpc: RPCID) {
    guard let (connection, slot) = table.find(rpc) else { return }
    slot.pointee.deadline = nil
    connection.session.abort(slot, Self.deadlineExceeded)
    table.markDirty(connection)
  }

  private static var deadlineExceeded: RPCStatus {
    RPCStatus(.deadlineExceeded, "the time that grpc-timeout gave has run out")
  }

  private static var memoryExhausted: RPCStatus {
    RPCStatus(
      .resourceExhausted,
      "the calls of this connection hold as much memory as --max-connection-memory allows")
  }

  // MARK: Events

  private func open(_ slot: StreamSlot.Pointer, _ connection: HTTP2Connection) {
    connection.session.openSlot(slot)
    slot.pointee.arrival = table.now
    connection.policy.streamOpened()
    table.counters.streamsOpened.add(1)
    table.counters.streamsOpen.add(1)
    guard connection.session.isWithinStreams else {
      table.counters.callsRefused.add(1)
      table.counters.exceeded(.streams)
      slot.pointee.lifecycle = RPCLifecycle(kind: .unary)
      connection.session.turnAway(slot)
      return
    }
    switch slot.pointee.head.verdict {
    case .refuse(let httpStatus, let status):
      if status.code == .resourceExhausted { table.counters.exceeded(.headerList) }
      refuse(slot, connection, httpStatus: httpStatus, status)
    case .call(let timeout):
      let path = slot.pointee.head.path
      guard let method = service.method(at: path.span.bytes) else {
        let path = String(decoding: path.prefix(256), as: UTF8.self)
        let status = RPCStatus(.unimplemented, "this server has no method \(path)")
        refuse(slot, connection, httpStatus: 200, status)
        return
      }
      guard connection.session.hasMemory else {
        table.counters.exceeded(.memory)
        refuse(slot, connection, httpStatus: 200, Self.memoryExhausted)
        return
      }
      begin(method, timeout: timeout, slot, connection)
    }
  }

  private func refuse(
    _ slot: StreamSlot.Pointer, _ connection: HTTP2Connection, httpStatus: Int, _ status: RPCStatus
  ) {
    table.counters.callsRefused.add(1)
    slot.pointee.lifecycle = RPCLifecycle(kind: .unary)
    connection.session.refuse(slot, httpStatus: httpStatus, status)
  }

  private func begin(
    _ method: RPCMethod, timeout: Duration?, _ slot: StreamSlot.Pointer,
    _ connection: HTTP2Connection
  ) {
    let session = connection.session
    slot.pointee.method = method
    slot.pointee.lifecycle = RPCLifecycle(kind: method.kind)
    if method.kind != .unary {
      service.opened(connection.id(of: slot.pointee.stream), method: method.id)
      // A client learns of the drain by the end of its streams, not by their absence.
      if connection.policy.isDraining { session.end(slot, .ok) }
    }
    guard let timeout else { return }
    guard timeout > .zero else {
      session.abort(slot, Self.deadlineExceeded)
      return
    }
    let rpc = connection.id(of: slot.pointee.stream)
    slot.pointee.deadline = table.timeouts.add(
      table.now.advanced(by: timeout), .rpc(rpc))
    armTimer()
  }

  /// - Parameter isLast: whether the end of the request comes next.
  private func receive(
    _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ slot: StreamSlot.Pointer,
    _ connection: HTTP2Connection
  ) {
    let session = connection.session
    guard slot.pointee.lifecycle.isReading else {
      session.returnStreamWindow(of: slot, chunk.count)
      return
    }
    // The window of what is stashed is given back later, which stops the client in time.
    guard !slot.pointee.isStalled else { return stash(chunk, slot, connection) }
    let used = readMessages(of: chunk, isLast: isLast, slot, connection)
    // A client that is done with its request needs no window.
    if !isLast { session.returnStreamWindow(of: slot, used) }
    if used < chunk.count {
      stash(UnsafeRawBufferPointer(rebasing: chunk[used...]), slot, connection)
    }
    account(for: slot, connection)
  }

  /// Passes on the messages of `chunk` until it is used up or the RPC stalls.
  ///
  /// - Returns: how many bytes were used.
  private func readMessages(
    of chunk: UnsafeRawBufferPointer, isLast: Bool, _ slot: StreamSlot.Pointer,
    _ connection: HTTP2Connection
  ) -> Int {
    let session = connection.session
    var offset = 0
    while !slot.pointee.isStalled {
      switch slot.pointee.deframer.next(in: chunk.bytes, from: &offset) {
      case .needsMore:
        return offset
      case .message(let range):
        let message = UnsafeRawBufferPointer(rebasing: chunk[range])
        received(
          message, canDeliver: isLast && range.upperBound == chunk.count, slot, connection)
      case .assembledMessage:
        let message = slot.pointee.deframer.takeAssembled()
        message.withUnsafeBytes {
          received($0, canDeliver: isLast && offset == chunk.count, slot, connection)
        }
      case .failed(let status):
        if status.code == .resourceExhausted { table.counters.exceeded(.messageSize) }
        session.abort(slot, status)
      }
      guard slot.pointee.lifecycle.isReading else { return chunk.count }
    }
    return offset
  }

  /// - Parameter canDeliver: whether the message ends the request, so that it need not be held.
  private func received(
    _ message: UnsafeRawBufferPointer, canDeliver: Bool, _ slot: StreamSlot.Pointer,
    _ connection: HTTP2Connection
  ) {
    let session = connection.session
    switch slot.pointee.lifecycle.messageReceived() {
    case .hold:
      if canDeliver, slot.pointee.lifecycle.requestEnded() == .deliverHeldMessage {
        pass(message, slot, connection)
      } else {
        slot.pointee.held = Array(message)
      }
    case .deliver:
      pass(message, slot, connection)
      slot.pointee.isStalled = !slot.pointee.queue.hasRoom(
        forBytes: 0, within: session.limits.stall)
    case .refuse(let status):
      session.abort(slot, status)
    case .drop:
      break
    }
  }

  private func pass(
    _ message: UnsafeRawBufferPointer, _ slot: StreamSlot.Pointer, _ connection: HTTP2Connection
  ) {
    guard let method = slot.pointee.method else { return }
    let rpc = connection.id(of: slot.pointee.stream)
    // It will answer at once, as a rule.
    connection.session.recentSlot = slot
    service.received(message.bytes, on: rpc, method: method.id)
  }

  private func endRequest(_ slot: StreamSlot.Pointer, _ connection: HTTP2Connection) {
    let session = connection.session
    guard slot.pointee.lifecycle.isReading else { return }
    guard !slot.pointee.isStalled, slot.pointee.stash.isEmpty else {
      slot.pointee.hasEndBehindStash = true
      return
    }
    if let status = slot.pointee.deframer.statusAtEnd() {
      session.abort(slot, status)
      return
    }
    switch slot.pointee.lifecycle.requestEnded() {
    case .deliverHeldMessage:
      let message = slot.pointee.held
      slot.pointee.held = []
      message.withUnsafeBytes { pass($0, slot, connection) }
      account(for: slot, connection)
    case .tellService:
      guard let method = slot.pointee.method else { return }
      service.halfClosed(connection.id(of: slot.pointee.stream), method: method.id)
    case .refuse(let status):
      session.abort(slot, status)
    case .none:
      break
    }
  }

  private func close(_ slot: StreamSlot.Pointer, _ connection: HTTP2Connection) {
    defer { connection.session.releaseSlot(slot) }
    if let deadline = slot.pointee.deadline { table.timeouts.remove(deadline) }
    guard slot.pointee.isOpen else { return }
    connection.policy.streamClosed(now: table.now)
    table.counters.streamsOpen.add(-1)
    guard let method = slot.pointee.method else { return }
    service.ended(
      connection.id(of: slot.pointee.stream), method: method.id,
      code: slot.pointee.lifecycle.outcome(sentCompletely: slot.pointee.isAnswerSent),
      nanoseconds: slot.pointee.arrival.nanoseconds(to: table.now))
  }

  // MARK: Back-pressure

  private func stash(
    _ bytes: UnsafeRawBufferPointer, _ slot: StreamSlot.Pointer, _ connection: HTTP2Connection
  ) {
    slot.pointee.stash.append(contentsOf: bytes)
    account(for: slot, connection)
  }

  /// Goes on with a bidirectional RPC whose client reads again.
  private func resume(_ slot: StreamSlot.Pointer, _ connection: HTTP2Connection) {
    let stash = slot.pointee.stash
    slot.pointee.stash = []
    stash.withUnsafeBytes { receive($0, isLast: false, slot, connection) }
    account(for: slot, connection)
    guard slot.pointee.hasEndBehindStash else { return }
    endRequest(slot, connection)
  }

  private func account(for slot: StreamSlot.Pointer, _ connection: HTTP2Connection) {
    guard connection.session.accountForBufferedBytes(of: slot) else {
      table.counters.exceeded(.memory)
      connection.session.abort(slot, Self.memoryExhausted)
      return
    }
  }
}
