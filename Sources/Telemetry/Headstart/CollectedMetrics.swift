/// The families that are written again at every scrape: those that follow policies, signals and
/// sources as they come and go, and those that somebody else counts.
struct CollectedMetrics: Sendable {
  let desiredReplicas: CollectedFamily
  let available: CollectedFamily
  let winner: CollectedFamily
  let nextChange: CollectedFamily
  let overrides: CollectedFamily
  let signalReplicas: CollectedFamily
  let signalState: CollectedFamily
  let signalAge: CollectedFamily
  let signalKept: CollectedFamily
  let forecastLoad: CollectedFamily
  let forecastKept: CollectedFamily
  let forecastSkill: CollectedFamily
  let forecastCharge: CollectedFamily
  let forecastMissing: CollectedFamily
  let sourceUp: CollectedFamily
  let connections: CollectedFamily
  let connectionsAccepted: CollectedFamily
  let connectionsClosed: CollectedFamily
  let limitsExceeded: CollectedFamily
  let acceptFailures: CollectedFamily
  let connectionsRefused: CollectedFamily
  let handshakeFailures: CollectedFamily
  let streamsStalled: CollectedFamily
  let callsRefused: CollectedFamily
  let callMemory: CollectedFamily
  let bytesReceived: CollectedFamily
  let bytesSent: CollectedFamily

  init(_ registry: MetricsRegistry) {
    let policy = ["namespace", "policy"]
    let signal = ["namespace", "policy", "signal", "kind"]
    desiredReplicas = registry.collected(
      .gauge, "headstart_policy_desired_replicas",
      help: "Replicas that the policy's decision asks for; absent while it is unavailable.",
      labels: policy)
    available = registry.collected(
      .gauge, "headstart_policy_available",
      help: "1 when the policy's decision has a number, 0 when its signals are lost.",
      labels: policy)
    winner = registry.collected(
      .gauge, "headstart_policy_winner",
      help: "1 for the signal that sets the policy's replicas; absent when a limit sets them.",
      labels: policy + ["signal"])
    nextChange = registry.collected(
      .gauge, "headstart_policy_next_change_timestamp_seconds",
      help: "When the answer will change by itself, since 1970; absent when it will not.",
      unit: .seconds, labels: policy)
    overrides = registry.collected(
      .gauge, "headstart_policy_overrides",
      help: "Overrides of the policy that are in force; absent without any.", labels: policy)
    signalReplicas = registry.collected(
      .gauge, "headstart_signal_replicas",
      help:
        "Replicas that the signal asks for within the lead window; absent while it takes no part.",
      labels: signal)
    signalState = registry.collected(
      .gauge, "headstart_signal_state",
      help: "1 for the state that the signal is in, 0 for the others.", labels: signal + ["state"])
    signalAge = registry.collected(
      .gauge, "headstart_signal_age_seconds",
      help: "Age of the signal's data; absent for schedules and before the first data.",
      unit: .seconds, labels: signal)
    signalKept = registry.collected(
      .gauge, "headstart_signal_kept_seconds",
      help: "How long the signal has been lost and goes on asking for its last number; 0 while it"
        + " is not.", unit: .seconds, labels: signal)
    let forecast = ["namespace", "policy", "signal"]
    forecastLoad = registry.collected(
      .gauge, "headstart_forecast_load",
      help: "Load that a built-in forecast expects of the next bucket, in the unit of its query.",
      labels: forecast + ["quantile"])
    forecastKept = registry.collected(
      .gauge, "headstart_forecast_kept_ratio",
      help: "Share of the last 7 days in which the load was at most what had been asked for it.",
      labels: forecast)
    forecastSkill = registry.collected(
      .gauge, "headstart_forecast_skill",
      help: "How much less the forecast loses than the best simple guess; below 0 it loses more.",
      labels: forecast)
    forecastCharge = registry.collected(
      .gauge, "headstart_forecast_charge", help: "1 for the model that makes the forecast.",
      labels: forecast + ["model"])
    forecastMissing = registry.collected(
      .counter, "headstart_forecast_buckets_missing_total",
      help: "Buckets that a built-in forecast did not get, or did not believe.", labels: forecast)
    sourceUp = registry.collected(
      .gauge, "headstart_source_up",
      help: "1 when the data source answers, 0 when it fails.", labels: ["source", "kind"])
    connections = registry.collected(
      .gauge, "headstart_connections", help: "Open gRPC connections.")
    connectionsAccepted = registry.collected(
      .counter, "headstart_connections_accepted_total", help: "gRPC connections accepted.")
    connectionsClosed = registry.collected(
      .counter, "headstart_connections_closed_total", help: "gRPC connections closed, by reason.",
      labels: ["reason"])
    limitsExceeded = registry.collected(
      .counter, "headstart_limits_exceeded_total",
      help: "How often gRPC clients ran into a limit.", labels: ["limit"])
    acceptFailures = registry.collected(
      .counter, "headstart_accept_failures_total",
      help: "gRPC connections that could not be accepted.")
    connectionsRefused = registry.collected(
      .counter, "headstart_connections_refused_total",
      help: "gRPC connections closed at once, because there were too many.")
    handshakeFailures = registry.collected(
      .counter, "headstart_tls_handshake_failures_total",
      help: "gRPC connections that could not be secured, by reason.", labels: ["reason"])
    streamsStalled = registry.collected(
      .counter, "headstart_streams_stalled_total",
      help: "RPCs ended because the client did not read their answers.")
    callMemory = registry.collected(
      .gauge, "headstart_call_memory_bytes",
      help: "Memory that the open calls of all connections have taken, of --max-call-memory.",
      unit: .bytes)
    callsRefused = registry.collected(
      .counter, "headstart_calls_refused_total",
      help: "Calls that were refused before they reached a method.")
    bytesReceived = registry.collected(
      .counter, "headstart_received_bytes_total", help: "Bytes read from gRPC connections.",
      unit: .bytes)
    bytesSent = registry.collected(
      .counter, "headstart_sent_bytes_total", help: "Bytes written to gRPC connections.",
      unit: .bytes)
  }
}
