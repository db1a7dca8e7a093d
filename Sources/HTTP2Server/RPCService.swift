package import GRPCWire

/// What answers the RPCs of one worker loop.
///
/// There is one instance for each worker; it is made on the worker's loop, called there and nowhere
/// else, and needs no lock. It answers through the `RPCResponder` that it was made with, during the
/// call or at any later time. None of its methods is called while another one of them runs.
package protocol RPCService: AnyObject, SendableMetatype {
  /// The method that answers `path`, the bytes of `:path` (`/package.Service/Method`); nil refuses
  /// the call with UNIMPLEMENTED, naming the path.
  func method(at path: RawSpan) -> RPCMethod?

  /// A streaming RPC has begun: its headers are in, its first message may follow.
  func opened(_ rpc: RPCID, method: Int)

  /// One complete message, without its prefix; `message` is valid during the call only. For unary
  /// and server-streaming RPCs there is exactly one, delivered once the client has sent its last
  /// byte.
  func received(_ message: RawSpan, on rpc: RPCID, method: Int)

  /// The client of a bidirectional RPC has sent its last message.
  func halfClosed(_ rpc: RPCID, method: Int)

  /// The RPC is over, however it ended: release what it held, count it. Called exactly once for
  /// every RPC whose method was known.
  ///
  /// - Parameters:
  ///   - code: the status that was sent; `.cancelled` when the client reset the stream or the
  ///     connection was lost before all was sent; `.deadlineExceeded` when `grpc-timeout` ran out.
  ///   - nanoseconds: from the arrival of the headers to the sending of the last byte. No `Duration`,
  ///     whose 128 bits took 300 instructions of a call.
  func ended(_ rpc: RPCID, method: Int, code: RPCCode, nanoseconds: UInt64)

  /// The server is about to stop: health becomes NOT_SERVING. Afterwards the server ends all
  /// streaming RPCs with OK.
  func willDrain()
}
