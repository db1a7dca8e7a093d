package import GRPCWire

/// How a service answers its RPCs, now or later. Confined to the worker's loop.
///
/// All three are ignored when the RPC is gone, because a client may cancel at any time. What they
/// send leaves at the end of the loop's turn, together with what else is to be sent on the
/// connection.
package final class RPCResponder {
  /// One answer, as a recorder sees it.
  package enum Answer: Sendable, Equatable {
    case respond([UInt8])
    case send([UInt8])
    case end(RPCStatus)
  }

  private let table: ConnectionTable?
  private let recorder: ((RPCID, Answer) -> Void)?

  init(_ table: ConnectionTable) {
    self.table = table
    recorder = nil
  }

  /// A responder with no server behind it, so that services are tested without sockets.
  package init(recording recorder: @escaping (RPCID, Answer) -> Void) {
    table = nil
    self.recorder = recorder
  }

  /// Answers a unary RPC: headers, `frame` (a message with its prefix) and trailers with OK.
  package func respond(_ rpc: RPCID, frame: [UInt8]) {
    guard let table else {
      recorder?(rpc, .respond(frame))
      return
    }
    guard let (connection, slot) = table.find(rpc) else { return }
    connection.session.respond(slot, frame: frame)
    table.markDirty(connection)
  }

  /// Sends one message on a streaming RPC.
  ///
  /// - Parameter frame: one message with its prefix. A client that reads too slowly to keep the
  ///   stream's queue within its limits loses the RPC with RESOURCE_EXHAUSTED.
  package func send(_ rpc: RPCID, frame: [UInt8]) {
    recorder?(rpc, .send(frame))
    guard let table, let (connection, slot) = table.find(rpc) else { return }
    connection.session.send(slot, frame: frame)
    table.markDirty(connection)
  }

  /// Ends an RPC: trailers after what was sent, or trailers only if nothing was.
  package func end(_ rpc: RPCID, status: RPCStatus) {
    recorder?(rpc, .end(status))
    guard let table, let (connection, slot) = table.find(rpc) else { return }
    connection.session.end(slot, status)
    table.markDirty(connection)
  }
}
