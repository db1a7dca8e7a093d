internal import GRPCWire
internal import Time

/// Clients that read or write too slowly, or not at all. The worker asks for a look at every connection
/// at steady intervals (`Progress`).
extension HTTP2Connection {
  /// Ends the calls, or the connection, of which nothing was taken for too long.
  func endStalled() {
    if output.hasStalled() {
      log(.debug, "the client has stopped to read")
      context.counters.exceeded(.stall)
      end(.stalled)
      return
    }
    guard session.queuedBytes > 0 else { return }
    for slot in session.openSlots {
      let isWaiting = !slot.pointee.queue.isEmpty
      guard slot.pointee.progress.hasStalled(isWaiting: isWaiting) else { continue }
      context.counters.streamsStalled.add(1)
      context.counters.exceeded(.stall)
      session.abort(
        slot, RPCStatus(.resourceExhausted, "the client has not read its answer for too long"))
      context.table.markDirty(self)
    }
  }

  /// Ends the calls whose requests are not complete within `limit`, or the connection with a header
  /// block that is not. Requests of bidirectional RPCs have no end to wait for.
  func endSlowRequests(limit: Duration) {
    guard session.hasCalls else { return }
    if hasSlowHead() {
      context.counters.exceeded(.requestTime)
      log(.debug, "the client has not sent a header block to its end in time")
      end(.stalled)
      return
    }
    for slot in session.openSlots where slot.pointee.awaitsRequest {
      guard slot.pointee.arrival.advanced(by: limit) <= context.now else { continue }
      context.counters.exceeded(.requestTime)
      if slot.pointee.method == nil {
        session.answerForeign(slot)
      } else {
        session.abort(
          slot, RPCStatus(.deadlineExceeded, "the request was not complete within \(limit)"))
      }
      context.table.markDirty(self)
    }
  }

  private func hasSlowHead() -> Bool {
    let stream = session.openHead
    let isSame = stream != 0 && stream == slowHead.stream
    slowHead = (stream, isSame ? slowHead.looks + 1 : 0)
    return slowHead.looks > Progress.patience
  }
}
