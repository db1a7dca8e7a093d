internal import EventLoop
internal import GRPCWire

/// Clients that read too slowly, or not at all (slow readers).
///
/// A look at every connection at each quarter of the limit costs less than a timer for every write,
/// and finds what has not moved for the limit and at most a quarter more.
extension WorkerCore {
  /// How many looks without progress make a stall.
  static var patience: Int { 4 }

  /// Ends the RPCs, and the connections, of which nothing was taken for too long.
  func endStalled() {
    table.readClock()
    for connection in table.all {
      if connection.hasStalled(patience: Self.patience) {
        log(.debug, "the client has stopped to read", connection)
        table.counters.exceeded(.stall)
        finish(connection, .stalled)
        continue
      }
      guard connection.session.queuedBytes > 0 else { continue }
      for slot in connection.session.openSlots where Self.hasStalled(slot) {
        table.counters.streamsStalled.add(1)
        table.counters.exceeded(.stall)
        connection.session.abort(
          slot,
          RPCStatus(.resourceExhausted, "the client has not read its answer for too long"))
        table.markDirty(connection)
      }
    }
    flush()
  }

  /// Ends the calls whose requests are not complete in time, and the connections with a header block
  /// that is not. Requests of bidirectional RPCs have no end to wait for.
  func endSlowRequests() {
    guard let limit = configuration.requestTimeout else { return }
    table.readClock()
    for connection in table.all where connection.session.hasCalls {
      if hasSlowHead(connection) {
        table.counters.exceeded(.requestTime)
        log(.debug, "the client has not sent a header block to its end in time", connection)
        finish(connection, .stalled)
        continue
      }
      for slot in connection.session.openSlots where slot.pointee.awaitsRequest {
        guard slot.pointee.arrival.advanced(by: limit) <= table.now else { continue }
        table.counters.exceeded(.requestTime)
        connection.session.abort(
          slot,
          RPCStatus(.deadlineExceeded, "the request was not complete within \(limit)"))
        table.markDirty(connection)
      }
    }
    flush()
  }

  private func hasSlowHead(_ connection: HTTP2Connection) -> Bool {
    let stream = connection.session.openHead
    let looks = stream != 0 && stream == connection.slowHead.stream
    connection.slowHead = (stream, looks ? connection.slowHead.looks + 1 : 0)
    return connection.slowHead.looks > Self.patience
  }

  private static func hasStalled(_ slot: StreamSlot.Pointer) -> Bool {
    let isMoving = slot.pointee.queue.isEmpty || slot.pointee.hasMoved
    slot.pointee.hasMoved = false
    slot.pointee.stillLooks = isMoving ? 0 : slot.pointee.stillLooks + 1
    return slot.pointee.stillLooks > patience
  }
}
