/// What the one timer of a worker is for.
enum Timeout {
  /// The deadline of an RPC.
  case rpc(RPCID)
  /// The connection's policy wants to be asked.
  case connection(HTTP2Connection)
}
