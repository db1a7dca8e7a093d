package import Telemetry

/// The metrics of KubeElasti's operator, by its names and labels. `crd_name` is `namespace/name`;
/// `error` is `success`, or the HTTP status or reason of a failure.
///
/// What the operator counts is a gauge here, because its names do not end in `_total`; `rate()` and
/// `increase()` read them all the same.
package struct ElastiMetrics: Sendable {
  let reconcile: HistogramFamily
  let finalizers: GaugeFamily
  let updates: GaugeFamily
  let mode: GaugeFamily
  let informers: GaugeFamily
  let informerChanges: GaugeFamily
  let informerCalls: GaugeFamily
  let scales: GaugeFamily

  static let success = "success"

  package init(_ registry: MetricsRegistry) {
    reconcile = registry.histogram(
      "elasti_operator_reconcile",
      help: "Seconds until what an ElastiService asks for was there, or could not be made.",
      labels: ["crd_name", "error"], buckets: [0.1, 0.5, 1, 2, 5, 10])
    finalizers = Self.count(
      registry, "elasti_operator_CRD_finalizer_counter",
      "ElastiServices that were let go after their Services and slices.", ["crd_name", "error"])
    updates = Self.count(
      registry, "elasti_operator_CRD_update_counter",
      "Changes of an ElastiService's mode, and failures to change it.",
      ["crd_name", "mode", "error"])
    mode = registry.gauge(
      "elasti_operator_mode",
      help: "0 while an ElastiService's requests go to its pods, 1 while the resolver has them.",
      labels: ["crd_name"])
    informers = registry.gauge(
      "elasti_operator_informer_count", help: "Watches of Services and EndpointSlices.",
      labels: ["informer_name"], isForeign: true)
    informerChanges = Self.count(
      registry, "elasti_operator_informer_counter",
      "ElastiServices whose Services are heard of from now on (add), or not any more (remove).",
      ["crd_name", "action", "error"])
    informerCalls = Self.count(
      registry, "elasti_operator_informer_handler_counter",
      "Changes of a Service or of its endpoints that were heard of.",
      ["crd_name", "key", "error"])
    scales = Self.count(
      registry, "elasti_operator_scale_counter", "Attempts to scale a target.",
      ["service_name", "namespace", "target", "error"])
  }

  private static func count(
    _ registry: MetricsRegistry, _ name: String, _ help: String, _ labels: [String]
  ) -> GaugeFamily {
    registry.gauge(name, help: help, labels: labels, isForeign: true)
  }

  /// An ElastiService is gone; its series go with it.
  func forget(_ name: String) {
    reconcile.removeAll { $0[0] == name }
    for family in [updates, mode, informerCalls] { family.removeAll { $0[0] == name } }
  }
}
