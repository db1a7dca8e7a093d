package import Telemetry

/// The metrics of everything that concerns the API server. Without `--watch` and `--direct` these
/// families have no series.
package struct KubernetesMetrics: Sendable {
  /// By `verb` and `code`: the HTTP status, or why there was no answer.
  let calls: CounterFamily
  /// By `verb`.
  let callDuration: HistogramFamily
  /// By `resource` and `reason`: why a watch was restarted.
  let watchRestarts: CounterFamily
  /// By `kind`: objects that are known.
  let objects: GaugeFamily
  /// By `result`.
  let statusWrites: CounterFamily
  /// By `result`: written, failed, dropped.
  let events: CounterFamily
  /// 1 while this replica holds the Lease.
  let leader: GaugeFamily

  package init(_ registry: MetricsRegistry) {
    calls = registry.counter(
      "headstart_kubernetes_calls_total",
      help: "Calls to the API server, by verb and HTTP status or reason of failure.",
      labels: ["verb", "code"])
    callDuration = registry.histogram(
      "headstart_kubernetes_call_duration_seconds",
      help: "Time of one call to the API server, watches included.", unit: .seconds,
      labels: ["verb"])
    watchRestarts = registry.counter(
      "headstart_kubernetes_watch_restarts_total",
      help: "Watches that were restarted, by the reason of the end before.",
      labels: ["resource", "reason"])
    objects = registry.gauge(
      "headstart_kubernetes_objects", help: "Objects known through a watch.",
      labels: ["kind"])
    statusWrites = registry.counter(
      "headstart_kubernetes_status_writes_total", help: "Writes of an object's status.",
      labels: ["result"])
    events = registry.counter(
      "headstart_kubernetes_events_total", help: "Events of Headstart, written or not.",
      labels: ["result"])
    leader = registry.gauge(
      "headstart_leader", help: "Whether this replica holds the Lease.")
  }

  func count(_ verb: APICall.Verb, code: String, after duration: Duration) {
    calls.with([verb.rawValue, code]).increment()
    guard verb != .watch else { return }
    callDuration.with([verb.rawValue]).observe(duration)
  }

  /// Counts the objects of a kind that are known.
  package func count(_ objects: Int, of kind: String) {
    self.objects.with([kind]).set(objects)
  }
}
