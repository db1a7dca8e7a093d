/// What is counted about the clients of the side port.
package struct SidePortMetrics: Sendable {
  /// Open now.
  package let connections: Gauge
  package let connectionsAccepted: Counter
  /// Answers by `code`, the HTTP status.
  package let requests: CounterFamily
  private let ended: CounterFamily

  /// Why a connection was ended that the client did not end.
  package enum EndReason: String, Sendable, CaseIterable {
    /// There were too many: the one that had gone longest without finishing a request.
    case displaced
    /// Its request, or the reading of the answer, took too long.
    case requestTimeout = "request_timeout"
  }

  init(_ registry: MetricsRegistry) {
    connections = registry.gauge(
      "headstart_http_connections", help: "Open connections of the side port."
    ).with([])
    connectionsAccepted = registry.counter(
      "headstart_http_connections_accepted_total", help: "Connections that the side port accepted."
    ).with([])
    requests = registry.counter(
      "headstart_http_requests_total", help: "Requests that the side port answered, by status.",
      labels: ["code"])
    ended = registry.counter(
      "headstart_http_connections_ended_total",
      help: "Connections that the side port ended: displaced by newer ones, or too slow.",
      labels: ["reason"])
    for reason in EndReason.allCases { _ = ended.with([reason.rawValue]) }
  }

  package func ended(_ reason: EndReason) {
    ended.with([reason.rawValue]).increment()
  }
}
