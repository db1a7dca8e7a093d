/// What the one timer of a worker is for.
enum Timeout {
  /// The deadline of an RPC.
  case rpc(RPCID)
  /// The connection's lifecycle wants to be asked.
  case connection(HTTP2Connection)
  /// The calls of a connection that cannot be read any more have had their time.
  case unreadable(HTTP2Connection)
}
