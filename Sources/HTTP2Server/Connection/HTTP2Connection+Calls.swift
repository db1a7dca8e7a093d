internal import EventLoop
internal import GRPCWire
internal import Time

/// How the events of a session become calls of the service.
///
/// The service answers through the responder, which changes slots: no access to a slot's contents is
/// held across a call of the service.
extension HTTP2Connection {
  /// Deals with what the session has noted, in order.
  func deliver() {
    var next = 0
    while next < session.events.count {
      let event = session.events[next]
      next += 1
      switch event {
      case .head(let slot):
        open(slot)
      case .data(let slot, let bytes):
        var isLast = false
        if next < session.events.count, case .requestEnd(slot) = session.events[next] {
          isLast = true
        }
        receive(bytes, isLast: isLast, slot)
      case .requestEnd(let slot):
        endRequest(slot)
      case .resumable(let slot, let isEnd):
        resume(slot, isEnd: isEnd)
      case .closed(let slot):
        close(slot)
      case .exceeded(let limit):
        context.counters.exceeded(limit)
      case .handshake:
        lifecycle.handshakeCompleted(now: context.now)
      case .unreadable:
        becameUnreadable()
      case .pingAcknowledged:
        if lifecycle.pingAcknowledged() == .sendFinalGoAway { session.sendFinalGoAway() }
      }
    }
    session.events.removeAll(keepingCapacity: true)
  }

  /// Ends all RPCs of a connection whose streams will not be heard of again.
  func endCalls() {
    session.abandon()
    for slot in session.openSlots {
      close(slot)
    }
  }

  /// Ends an RPC whose `grpc-timeout` has run out.
  func expire(_ slot: StreamSlot.Pointer) {
    slot.pointee.deadline = nil
    session.abort(slot, Self.deadlineExceeded)
    context.table.markDirty(self)
  }

  private static var deadlineExceeded: RPCStatus {
    RPCStatus(.deadlineExceeded, "the time that grpc-timeout gave has run out")
  }

  // MARK: Events

  private func open(_ slot: StreamSlot.Pointer) {
    session.openSlot(slot)
    slot.pointee.arrival = context.now
    lifecycle.streamOpened()
    context.counters.streamsOpened.add(1)
    context.counters.streamsOpen.add(1)
    guard session.isWithinStreams else {
      context.counters.callsRefused.add(1)
      context.counters.exceeded(.streams)
      slot.pointee.lifecycle = RPCLifecycle(kind: .unary)
      session.turnAway(slot)
      return
    }
    switch slot.pointee.head.verdict {
    case .refuse(let httpStatus, let status):
      if status.code == .resourceExhausted { context.counters.exceeded(.headerList) }
      refuse(slot, httpStatus: httpStatus, status)
    case .foreign(let httpStatus, let status):
      if let limit = session.takeMemory() {
        context.counters.exceeded(limit)
        return refuse(slot, httpStatus: httpStatus, status)
      }
      context.counters.callsRefused.add(1)
      slot.pointee.lifecycle = RPCLifecycle(kind: .unary)
      slot.pointee.ending = .foreign(httpStatus: httpStatus, status: status)
    case .call(let timeout):
      let path = slot.pointee.head.path
      guard let method = context.service.method(at: path.span.bytes) else {
        let path = String(decoding: path.prefix(256), as: UTF8.self)
        let status = RPCStatus(.unimplemented, "this server has no method \(path)")
        refuse(slot, httpStatus: 200, status)
        return
      }
      if let limit = session.takeMemory() {
        context.counters.exceeded(limit)
        refuse(slot, httpStatus: 200, .exhausted(limit))
        return
      }
      begin(method, timeout: timeout, slot)
    }
  }

  private func refuse(_ slot: StreamSlot.Pointer, httpStatus: Int, _ status: RPCStatus) {
    context.counters.callsRefused.add(1)
    slot.pointee.lifecycle = RPCLifecycle(kind: .unary)
    session.refuse(slot, httpStatus: httpStatus, status)
  }

  private func begin(_ method: RPCMethod, timeout: Duration?, _ slot: StreamSlot.Pointer) {
    slot.pointee.method = method
    slot.pointee.lifecycle = RPCLifecycle(kind: method.kind)
    if method.kind != .unary {
      context.service.opened(id(of: slot.pointee.stream), method: method.id)
      // A client learns of the drain by the end of its streams, not by their absence.
      if lifecycle.isDraining { session.end(slot, .ok) }
    }
    guard let timeout else { return }
    guard timeout > .zero else {
      session.abort(slot, Self.deadlineExceeded)
      return
    }
    let rpc = id(of: slot.pointee.stream)
    slot.pointee.deadline = context.timeouts.add(context.now.advanced(by: timeout), .rpc(rpc))
  }

  /// - Parameter isLast: whether the end of the request comes next.
  private func receive(
    _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ slot: StreamSlot.Pointer
  ) {
    guard slot.pointee.lifecycle.isReading, slot.pointee.method != nil else {
      session.returnStreamWindow(of: slot, chunk.count)
      return
    }
    // The window of what is stashed is given back later, which stops the client in time.
    guard slot.pointee.inflow == .flowing else { return stash(chunk, slot) }
    assert(slot.pointee.stash.isEmpty, "what came first is passed on first")
    let used = readMessages(of: chunk, isLast: isLast, slot)
    // A client that is done with its request needs no window.
    if !isLast { session.returnStreamWindow(of: slot, used) }
    if used < chunk.count {
      stash(UnsafeRawBufferPointer(rebasing: chunk[used...]), slot)
    }
    account(for: slot)
  }

  /// Passes on the messages of `chunk` until it is used up or the RPC stalls.
  ///
  /// - Returns: how many bytes were used.
  private func readMessages(
    of chunk: UnsafeRawBufferPointer, isLast: Bool, _ slot: StreamSlot.Pointer
  ) -> Int {
    var offset = 0
    while slot.pointee.inflow == .flowing {
      switch slot.pointee.deframer.next(in: chunk.bytes, from: &offset) {
      case .needsMore:
        return offset
      case .message(let range):
        let message = UnsafeRawBufferPointer(rebasing: chunk[range])
        received(message, canDeliver: isLast && range.upperBound == chunk.count, slot)
      case .assembledMessage:
        let message = slot.pointee.deframer.takeAssembled()
        message.withUnsafeBytes { received($0, canDeliver: isLast && offset == chunk.count, slot) }
      case .failed(let status):
        if status.code == .resourceExhausted { context.counters.exceeded(.messageSize) }
        session.abort(slot, status)
      }
      guard slot.pointee.lifecycle.isReading else { return chunk.count }
    }
    return offset
  }

  /// - Parameter canDeliver: whether the message ends the request, so that it need not be held.
  private func received(
    _ message: UnsafeRawBufferPointer, canDeliver: Bool, _ slot: StreamSlot.Pointer
  ) {
    switch slot.pointee.lifecycle.messageReceived() {
    case .hold:
      if canDeliver, slot.pointee.lifecycle.requestEnded() == .deliverHeldMessage {
        pass(message, slot)
      } else {
        slot.pointee.held = Array(message)
      }
    case .deliver:
      pass(message, slot)
      let hasRoom = slot.pointee.queue.hasRoom(forBytes: 0, within: session.limits.stall)
      if !hasRoom { slot.pointee.inflow = .stalled }
    case .refuse(let status):
      session.abort(slot, status)
    case .drop:
      break
    }
  }

  private func pass(_ message: UnsafeRawBufferPointer, _ slot: StreamSlot.Pointer) {
    guard let method = slot.pointee.method else { return }
    let rpc = id(of: slot.pointee.stream)
    // It will answer at once, as a rule.
    session.recentSlot = slot
    context.service.received(message.bytes, on: rpc, method: method.id)
  }

  private func endRequest(_ slot: StreamSlot.Pointer) {
    guard slot.pointee.lifecycle.isReading else { return }
    guard slot.pointee.method != nil else { return session.answerForeign(slot) }
    guard slot.pointee.inflow == .flowing else {
      slot.pointee.inflow = .stalledAtEnd
      return
    }
    assert(slot.pointee.stash.isEmpty, "what came first is passed on first")
    if let status = slot.pointee.deframer.statusAtEnd() {
      session.abort(slot, status)
      return
    }
    switch slot.pointee.lifecycle.requestEnded() {
    case .deliverHeldMessage:
      let message = slot.pointee.held
      slot.pointee.held = []
      message.withUnsafeBytes { pass($0, slot) }
      account(for: slot)
    case .tellService:
      guard let method = slot.pointee.method else { return }
      context.service.halfClosed(id(of: slot.pointee.stream), method: method.id)
    case .refuse(let status):
      session.abort(slot, status)
    case .none:
      break
    }
  }

  private func close(_ slot: StreamSlot.Pointer) {
    defer { session.releaseSlot(slot) }
    if let deadline = slot.pointee.deadline { context.timeouts.remove(deadline) }
    guard slot.pointee.isOpen else { return }
    lifecycle.streamClosed(now: context.now)
    context.counters.streamsOpen.add(-1)
    guard let method = slot.pointee.method else { return }
    context.service.ended(
      id(of: slot.pointee.stream), method: method.id,
      code: slot.pointee.lifecycle.outcome(sentCompletely: slot.pointee.isAnswerSent),
      nanoseconds: slot.pointee.arrival.nanoseconds(to: context.now))
  }

  // MARK: Back-pressure

  private func stash(_ bytes: UnsafeRawBufferPointer, _ slot: StreamSlot.Pointer) {
    slot.pointee.stash.append(contentsOf: bytes)
    account(for: slot)
  }

  /// Goes on with a bidirectional RPC whose client reads again.
  ///
  /// - Parameter isEnd: whether the stash is the rest of the request.
  private func resume(_ slot: StreamSlot.Pointer, isEnd: Bool) {
    let stash = slot.pointee.stash
    slot.pointee.stash = []
    stash.withUnsafeBytes { receive($0, isLast: false, slot) }
    account(for: slot)
    if isEnd { endRequest(slot) }
  }

  private func account(for slot: StreamSlot.Pointer) {
    guard let limit = session.accountForBufferedBytes(of: slot) else { return }
    context.counters.exceeded(limit)
    session.abort(slot, .exhausted(limit))
  }
}

extension RPCStatus {
  /// What a call ends with for which there is no memory: its connection's, or that for all.
  static func exhausted(_ limit: ServerLimit) -> RPCStatus {
    let (whose, flag) =
      limit == .callMemory ? ("all connections", "call") : ("this connection", "connection")
    return RPCStatus(
      .resourceExhausted,
      "the calls of \(whose) hold as much memory as --max-\(flag)-memory allows")
  }
}
