/// The flags of `headstart serve`, each with the environment variable behind it.
///
/// Everything about the process is a flag; everything about workloads is a manifest (design
/// section 4).
package enum ServeFlag: String, CaseIterable, Sendable {
  case listen
  case httpListen = "http-listen"
  case forecasterURL = "forecaster-url"
  case prometheusURL = "prometheus-url"
  case policies
  case leadTime = "lead-time"
  case hold
  case whenUnavailable = "when-unavailable"
  case refresh
  case fetchTimeout = "fetch-timeout"
  case workers
  case drainTimeout = "drain-timeout"
  case logLevel = "log-level"
  case logFormat = "log-format"

  /// The variable that is read where the flag is not given. Those of the seed keep its names.
  package var environmentVariable: String {
    switch self {
    case .listen: "SCALER_LISTEN"
    case .httpListen: "HTTP_LISTEN"
    case .forecasterURL: "FORECASTER_URL"
    case .prometheusURL: "PROMETHEUS_URL"
    case .policies: "POLICIES"
    case .leadTime: "LEAD_TIME"
    case .hold: "HOLD"
    case .whenUnavailable: "WHEN_UNAVAILABLE"
    case .refresh: "REFRESH"
    case .fetchTimeout: "FETCH_TIMEOUT"
    case .workers: "WORKERS"
    case .drainTimeout: "DRAIN_TIMEOUT"
    case .logLevel: "LOG_LEVEL"
    case .logFormat: "LOG_FORMAT"
    }
  }

  /// Whether it may be given several times.
  package var isRepeatable: Bool { self == .policies }

  /// What stands for the value in the usage.
  package var placeholder: String {
    switch self {
    case .listen, .httpListen: "[HOST]:PORT"
    case .forecasterURL, .prometheusURL: "URL"
    case .policies: "DIR"
    case .leadTime, .hold, .refresh, .fetchTimeout, .drainTimeout: "DURATION"
    case .whenUnavailable: "error|inactive"
    case .workers: "N"
    case .logLevel: "debug|info|warn|error"
    case .logFormat: "text|json"
    }
  }

  package var help: String {
    switch self {
    case .listen: "gRPC address (default :50051)"
    case .httpListen: "side port for /metrics and /healthz (default :8082)"
    case .forecasterURL: "forecaster that becomes the data source \"default\""
    case .prometheusURL: "Prometheus that becomes the data source \"default\""
    case .policies: "directory of manifests, read and watched; repeatable"
    case .leadTime: "how far ahead demand counts, where nothing else says (default 5m)"
    case .hold: "how long lost readings stand, where nothing else says (default 5m)"
    case .whenUnavailable: "IsActive without a decision: an error, or false (default error)"
    case .refresh: "how often the flags' data sources are fetched (default 15s)"
    case .fetchTimeout: "limit of one fetch from the flags' data sources (default 5s)"
    case .workers: "gRPC loops (default: the processors)"
    case .drainTimeout: "limit for ending calls after SIGTERM (default 20s)"
    case .logLevel: "least level that is logged (default info)"
    case .logFormat: "text for people, json for machines (default text)"
    }
  }
}
