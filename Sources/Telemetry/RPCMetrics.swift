/// What is counted about one RPC method. Lock-free while RPCs end with OK.
package final class RPCMetrics: Sendable {
  /// By number (gRPC's statuscodes.md).
  private static let codeNames = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]

  private let method: String
  private let ok: Counter
  private let finished: CounterFamily
  private let duration: Histogram
  private let open: Gauge

  init(_ metrics: HeadstartMetrics, method: String) {
    self.method = method
    finished = metrics.rpcs
    ok = finished.with([method, Self.codeNames[0]])
    duration = metrics.rpcDuration.with([method])
    open = metrics.streams.with([method])
  }

  /// The RPC's headers arrived.
  package func started() {
    open.increment()
  }

  /// The RPC ended, by its trailers or by cancellation.
  ///
  /// - Parameter code: The gRPC status code, 0 to 16; any other number counts as UNKNOWN.
  package func ended(code: Int, after duration: Duration) {
    open.decrement()
    self.duration.observe(duration)
    if code == 0 {
      ok.increment()
    } else {
      let name = Self.codeNames.indices.contains(code) ? Self.codeNames[code] : "UNKNOWN"
      finished.with([method, name]).increment()
    }
  }
}

extension HeadstartMetrics {
  /// The handles of one method: get them once and keep them.
  ///
  /// - Parameter method: Its short name, such as `GetMetrics`. Never a path that a peer sent: all
  ///   unknown ones share the name `unknown`.
  package func rpc(_ method: String) -> RPCMetrics {
    RPCMetrics(self, method: method)
  }
}
