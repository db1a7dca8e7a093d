/// Every metric of Headstart, declared in one place (design section 3; docs/metrics.md).
///
/// Holds the families whose values are counted as things happen. Those that follow policies and
/// sources are written at scrape time, through `write(_:to:)` in a collector.
package final class HeadstartMetrics: Sendable {
  package let registry: MetricsRegistry

  // MARK: Kedastral's, by their exact names

  /// The last replica count that GetMetrics returned, of any policy.
  package let desiredReplicasReturned: Gauge
  /// How old the last forecast was when it was fetched, of any workload. `SourceMetrics` sets it.
  package let forecastAgeSeen: Gauge
  /// Time of one fetch from a forecaster. `SourceMetrics` observes it.
  package let forecastFetchDuration: Histogram
  /// Failed fetches from a forecaster. `SourceMetrics` counts them.
  package let forecastFetchErrors: Counter
  /// By `method` and `status`, in Kedastral's words: `success` and `error`; for IsActive `active`,
  /// `inactive`, `inactive_error` and `inactive_stale`.
  package let kedastralRequests: CounterFamily
  /// By `method`.
  package let kedastralRequestDuration: HistogramFamily

  // MARK: Server

  // `method` is a short name such as `GetMetrics`, never a path that a peer sent.

  /// Finished RPCs, by `method` and `code`, the status code's name.
  package let rpcs: CounterFamily
  /// By `method`.
  package let rpcDuration: HistogramFamily
  /// Open streaming RPCs, by `method`.
  package let streams: GaugeFamily

  // MARK: Certificates; without TLS these families have no series

  /// Of the gRPC port.
  package let grpcCertificate: CertificateMetrics
  /// Of the side port.
  package let sidePortCertificate: CertificateMetrics

  // MARK: Side port

  package let sidePort: SidePortMetrics

  // MARK: Sources

  /// By `source`, `kind` and `result` (success, failure). Use `source(_:kind:)`.
  package let sourceFetches: CounterFamily
  /// By `source`, `kind` and `reason`. Use `source(_:kind:)`.
  package let sourceFetchFailures: CounterFamily
  /// By `source` and `kind`. Use `source(_:kind:)`.
  package let sourceFetchDuration: HistogramFamily

  /// Answers that a server called partial itself, by `source` and `kind`. Use `source(_:kind:)`.
  package let partialAnswers: CounterFamily

  /// What learning a piece of a history, or a bucket, and forecasting took.
  package let learnTime: Histogram

  // MARK: Manifests and log

  /// By `state`: loaded, or broken (its last good content is in force, if it had any).
  package let manifestFiles: GaugeFamily
  /// Errors in the manifests as they are now.
  package let manifestErrors: Gauge
  /// What is wrong with manifests or looks wrong, by `severity`: error or warning.
  package let manifestFindings: GaugeFamily
  /// When each calendar was last read, in seconds since 1970, by `calendar`.
  package let calendarRead: GaugeFamily
  /// Calls to other replicas, by `result`: answered or failed.
  package let peerMemoryCalls: CounterFamily
  /// By `result`: success or failure.
  package let manifestReloads: CounterFamily
  /// Policies that have no number now.
  package let unreadyPolicies: Gauge
  /// Batches that could not be written into the state directory.
  package let stateWriteFailures: Counter
  /// Policies in force.
  package let policies: Gauge
  /// ScaledObjects that have been bound to a policy.
  package let bindings: Gauge
  /// The bytes of all histories of decisions.
  package let histories: Gauge
  /// The bytes of what clients name themselves.
  package let implied: Gauge
  /// By `level`. The logger counts them.
  package let logRecords: CounterFamily
  /// Log lines that could not be written, or not fast enough.
  package let logLinesDropped: Counter

  let collected: CollectedMetrics

  /// - Parameters:
  ///   - version: Headstart's version, for `headstart_build_info`.
  ///   - revision: The commit that it was built from; empty when unknown.
  package init(
    registry: MetricsRegistry = MetricsRegistry(), version: String, revision: String = ""
  ) {
    self.registry = registry
    desiredReplicasReturned = registry.gauge(
      "kedastral_scaler_desired_replicas_returned",
      help: "Replica count last returned to KEDA."
    ).with([])
    forecastAgeSeen = registry.gauge(
      "kedastral_scaler_forecast_age_seen_seconds",
      help: "Age of the last forecast when it was fetched.", unit: .seconds
    ).with([])
    forecastFetchDuration = registry.histogram(
      "kedastral_scaler_forecast_fetch_duration_seconds",
      help: "Time of one fetch from a forecaster.", unit: .seconds
    ).with([])
    forecastFetchErrors = registry.counter(
      "kedastral_scaler_forecast_fetch_errors_total", help: "Failed fetches from a forecaster."
    ).with([])
    kedastralRequests = registry.counter(
      "kedastral_scaler_grpc_requests_total",
      help: "RPCs of the external scaler, by how they were answered.",
      labels: ["method", "status"])
    kedastralRequestDuration = registry.histogram(
      "kedastral_scaler_grpc_request_duration_seconds",
      help: "Time of one RPC of the external scaler.", unit: .seconds, labels: ["method"])

    rpcs = registry.counter(
      "headstart_rpcs_total", help: "Finished RPCs, by gRPC status code.",
      labels: ["method", "code"])
    rpcDuration = registry.histogram(
      "headstart_rpc_duration_seconds", help: "Time of one RPC, from its headers to its trailers.",
      unit: .seconds, labels: ["method"], buckets: Self.rpcBuckets)
    streams = registry.gauge(
      "headstart_streams", help: "Open streaming RPCs.", labels: ["method"])

    grpcCertificate = CertificateMetrics(registry, prefix: "headstart_tls", port: "gRPC port")
    sidePortCertificate = CertificateMetrics(
      registry, prefix: "headstart_http_tls", port: "side port")
    sidePort = SidePortMetrics(registry)

    sourceFetches = registry.counter(
      "headstart_source_fetches_total", help: "Fetches from a data source, by result.",
      labels: ["source", "kind", "result"])
    sourceFetchFailures = registry.counter(
      "headstart_source_fetch_failures_total",
      help: "Failed fetches from a data source, by reason.", labels: ["source", "kind", "reason"])
    sourceFetchDuration = registry.histogram(
      "headstart_source_fetch_duration_seconds", help: "Time of one fetch from a data source.",
      unit: .seconds, labels: ["source", "kind"])

    partialAnswers = registry.counter(
      "headstart_partial_answers_total",
      help: "Answers that a data source called partial itself: they may raise, never lower.",
      labels: ["source", "kind"])
    learnTime = registry.histogram(
      "headstart_forecast_learn_seconds",
      help: "Time that one forecast took to learn a bucket or a day of history.", unit: .seconds,
      buckets: [0.000_01, 0.000_025, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05]
    ).with([])
    manifestFiles = registry.gauge(
      "headstart_manifest_files",
      help: "Manifest files, loaded or broken; a broken file keeps its last good content.",
      labels: ["state"])
    manifestErrors = registry.gauge(
      "headstart_manifest_errors", help: "Errors in the manifests as they are now."
    ).with([])
    peerMemoryCalls = registry.counter(
      "headstart_peer_memory_calls_total",
      help: "Calls to other replicas for what signals last asked, by result: answered or failed.",
      labels: ["result"])
    manifestFindings = registry.gauge(
      "headstart_manifest_findings",
      help: "Findings in manifest files and custom resources as they are now.",
      labels: ["severity"])
    calendarRead = registry.gauge(
      "headstart_calendar_read_timestamp_seconds",
      help: "When a calendar was last read, since 1970.", labels: ["calendar"])
    manifestReloads = registry.counter(
      "headstart_manifest_reloads_total", help: "Reloads of the manifests, by result.",
      labels: ["result"])
    unreadyPolicies = registry.gauge(
      "headstart_unready_policies",
      help: "Policies without a number, since a required signal is unknown."
    ).with([])
    stateWriteFailures = registry.counter(
      "headstart_state_write_failures_total",
      help: "Batches that could not be written into the state directory."
    ).with([])
    policies = registry.gauge("headstart_policies", help: "Policies in force.").with([])
    implied = registry.gauge(
      "headstart_implied_bytes",
      help:
        "Memory for ScaledObjects and policies that no manifest names; --max-implied bounds it.",
      unit: .bytes
    ).with([])
    histories = registry.gauge(
      "headstart_history_bytes", help: "Memory of the decisions that are remembered.",
      unit: .bytes
    ).with([])
    bindings = registry.gauge(
      "headstart_bindings", help: "ScaledObjects that have been bound to a policy."
    ).with([])
    logRecords = registry.counter(
      "headstart_log_records_total", help: "Log records written, by level.", labels: ["level"])
    logLinesDropped = registry.counter(
      "headstart_log_lines_dropped_total",
      help: "Log lines that could not be written, or not fast enough."
    ).with([])

    collected = CollectedMetrics(registry)
    let process = ProcessMetrics(registry)
    registry.onScrape { process.write(to: &$0) }
    registry.gauge(
      "headstart_build_info", help: "The running build; always 1.", labels: ["version", "revision"]
    ).with([version, revision]).set(1)
    declareKnownSeries()
  }

  /// Answers come from memory: most take microseconds, and a first fetch at most 250 ms.
  private static let rpcBuckets: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  /// Series whose labels are known from the start begin at 0, so that their first event shows up
  /// as a rise.
  private func declareKnownSeries() {
    for level in LogLevel.allCases { _ = logRecords.with([level.name]) }
    for result in ["answered", "failed"] { _ = peerMemoryCalls.with([result]) }
    for severity in ["error", "warning"] { _ = manifestFindings.with([severity]) }
    for state in ["loaded", "broken"] { _ = manifestFiles.with([state]) }
    for result in ["success", "failure"] { _ = manifestReloads.with([result]) }
  }
}
