internal import GRPCWire
internal import Time

/// A connection that nghttp2 cannot read on, because of a header field that is too long for it. The
/// calls that are open are finished before it ends.
extension HTTP2Connection {
  /// How long calls may take to be finished.
  private static var unreadableGrace: Duration { .seconds(5) }

  /// Ends the calls that wait for their client: nothing of it will be read. Those that wait for the
  /// service go on.
  func becameUnreadable() {
    for slot in session.openSlots where slot.pointee.isOpen {
      if slot.pointee.awaitsRequest {
        session.abort(
          slot,
          RPCStatus(
            .resourceExhausted,
            "another call of this connection has a header field of more than 65536 bytes"))
      } else if let kind = slot.pointee.method?.kind, kind != .unary {
        session.end(slot, .ok)
      }
    }
    assert(unreadableTimer == nil, "a connection becomes unreadable once")
    unreadableTimer = context.timeouts.add(
      context.now.advanced(by: Self.unreadableGrace), .unreadable(self))
  }

  /// The calls have had their time.
  func unreadableTimerFired() {
    unreadableTimer = nil
    endUnreadable()
    advance()
  }

  /// Ends a connection that cannot be read, once no call is open or the time is up.
  func endUnreadable() {
    guard !isClosed, !isLingering else { return }
    refuse(.exceeded(.headerList))
  }
}
