/// The metrics of the certificate of one port. Without TLS on that port it has no series.
package struct CertificateMetrics: Sendable {
  private let expiry: GaugeFamily
  /// By `result`: success or failure.
  private let reloads: CounterFamily

  init(_ registry: MetricsRegistry, prefix: String, port: String) {
    expiry = registry.gauge(
      "\(prefix)_certificate_expiry_seconds",
      help: "When the certificate of the \(port) expires, in seconds since 1970.", unit: .seconds)
    // A series that begins at 0 would tell of a certificate that expired in 1970.
    expiry.remove([])
    reloads = registry.counter(
      "\(prefix)_reloads_total",
      help: "Changed TLS files of the \(port) that were taken over (success) or not (failure).",
      labels: ["result"])
  }

  /// The port serves its first certificate, which expires then, in seconds since 1970.
  package func served(until end: Int64) {
    for result in ["success", "failure"] { _ = reloads.with([result]) }
    expiry.with([]).set(Double(end))
  }

  /// Changed files are served.
  package func tookOver(until end: Int64) {
    reloads.with(["success"]).increment()
    expiry.with([]).set(Double(end))
  }

  /// Changed files are invalid; what was served before still is.
  package func refused() {
    reloads.with(["failure"]).increment()
  }
}
