/// The flags of `headstart serve`, each with the environment variable behind it.
///
/// Everything about the process is a flag; everything about workloads is a manifest (design
/// section 4).
package enum ServeFlag: String, CaseIterable, Sendable {
  case listen
  case httpListen = "http-listen"
  case forecasterURL = "forecaster-url"
  case prometheusURL = "prometheus-url"
  case triggerServers = "prometheus-trigger-servers"
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
  case tlsEnabled = "tls-enabled"
  case tlsCertificateFile = "tls-cert-file"
  case tlsKeyFile = "tls-key-file"
  case tlsAuthoritiesFile = "tls-ca-file"
  case httpTLSCertificateFile = "http-tls-cert-file"
  case httpTLSKeyFile = "http-tls-key-file"
  case httpTokenFile = "http-token-file"
  case httpMaxConnections = "http-max-connections"
  case httpRequestTimeout = "http-request-timeout"
  case maxConnections = "max-connections"
  case handshakeTimeout = "handshake-timeout"
  case maxConnectionAge = "max-connection-age"
  case maxConnectionAgeGrace = "max-connection-age-grace"
  case maxConnectionIdle = "max-connection-idle"
  case stallTimeout = "stall-timeout"
  case maxHeaderListSize = "max-header-list-size"
  case maxMessageSize = "max-message-size"
  case requestTimeout = "request-timeout"
  case maxConcurrentStreams = "max-concurrent-streams"
  case maxConnectionMemory = "max-connection-memory"
  case maxOutboundBuffer = "max-outbound-buffer"
  case maxResetRate = "max-reset-rate"
  case maxControlFrameRate = "max-control-frame-rate"
  case maxPendingAcks = "max-pending-acks"
  case maxContinuations = "max-continuations"
  case watch
  case watchNamespaces = "watch-namespaces"
  case watchSilence = "watch-silence"
  case kubeconfig
  case leaseName = "lease-name"
  case leaseNamespace = "lease-namespace"
  case direct
  case checkInterval = "check-interval"
  case cooldown
  case dryRun = "dry-run"
  case peers
  case peersAuthoritiesFile = "peers-ca-file"
  case wakeUpLimit = "wake-up-limit"

  /// The variable that is read where the flag is not given. Kedastral's variables keep their names.
  package var environmentVariable: String {
    switch self {
    case .listen: "SCALER_LISTEN"
    case .httpListen: "HTTP_LISTEN"
    case .forecasterURL: "FORECASTER_URL"
    case .prometheusURL: "PROMETHEUS_URL"
    case .triggerServers: "PROMETHEUS_TRIGGER_SERVER_ADDRESS"
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
    case .tlsEnabled: "TLS_ENABLED"
    case .tlsCertificateFile: "TLS_CERT_FILE"
    case .tlsKeyFile: "TLS_KEY_FILE"
    case .tlsAuthoritiesFile: "TLS_CA_FILE"
    case .httpTLSCertificateFile: "HTTP_TLS_CERT_FILE"
    case .httpTLSKeyFile: "HTTP_TLS_KEY_FILE"
    case .httpTokenFile: "HTTP_TOKEN_FILE"
    case .httpMaxConnections: "HTTP_MAX_CONNECTIONS"
    case .httpRequestTimeout: "HTTP_REQUEST_TIMEOUT"
    case .maxConnections: "MAX_CONNECTIONS"
    case .handshakeTimeout: "HANDSHAKE_TIMEOUT"
    case .maxConnectionAge: "MAX_CONNECTION_AGE"
    case .maxConnectionAgeGrace: "MAX_CONNECTION_AGE_GRACE"
    case .maxConnectionIdle: "MAX_CONNECTION_IDLE"
    case .stallTimeout: "STALL_TIMEOUT"
    case .maxHeaderListSize: "MAX_HEADER_LIST_SIZE"
    case .maxMessageSize: "MAX_MESSAGE_SIZE"
    case .requestTimeout: "REQUEST_TIMEOUT"
    case .maxConcurrentStreams: "MAX_CONCURRENT_STREAMS"
    case .maxConnectionMemory: "MAX_CONNECTION_MEMORY"
    case .maxOutboundBuffer: "MAX_OUTBOUND_BUFFER"
    case .maxResetRate: "MAX_RESET_RATE"
    case .maxControlFrameRate: "MAX_CONTROL_FRAME_RATE"
    case .maxPendingAcks: "MAX_PENDING_ACKS"
    case .maxContinuations: "MAX_CONTINUATIONS"
    case .watch: "WATCH"
    case .watchNamespaces: "WATCH_NAMESPACES"
    case .watchSilence: "WATCH_SILENCE"
    case .kubeconfig: "KUBECONFIG"
    case .leaseName: "LEASE_NAME"
    case .leaseNamespace: "LEASE_NAMESPACE"
    case .direct: "DIRECT"
    case .checkInterval: "CHECK_INTERVAL"
    case .cooldown: "COOLDOWN"
    case .dryRun: "DRY_RUN"
    case .peers: "PEERS"
    case .peersAuthoritiesFile: "PEERS_CA_FILE"
    case .wakeUpLimit: "WAKE_UP_LIMIT"
    }
  }

  /// Those that need no value.
  package static let switches: Set<ServeFlag> = [.tlsEnabled, .watch, .direct, .dryRun]

  /// Whether it may be given several times.
  package var isRepeatable: Bool { self == .policies }

  /// What stands for the value in the usage.
  package var placeholder: String {
    switch self {
    case .listen, .httpListen: "[HOST]:PORT"
    case .forecasterURL, .prometheusURL: "URL"
    case .triggerServers: "URL,…"
    case .policies: "DIR"
    case .leadTime, .hold, .refresh, .fetchTimeout, .drainTimeout, .handshakeTimeout,
      .maxConnectionAge, .maxConnectionAgeGrace, .maxConnectionIdle, .stallTimeout,
      .requestTimeout, .httpRequestTimeout, .watchSilence, .checkInterval, .cooldown:
      "DURATION"
    case .whenUnavailable: "error|inactive"
    case .tlsEnabled, .watch, .direct, .dryRun: "true|false"
    case .tlsCertificateFile, .tlsKeyFile, .tlsAuthoritiesFile, .httpTLSCertificateFile,
      .httpTLSKeyFile, .httpTokenFile, .kubeconfig, .peersAuthoritiesFile:
      "FILE"
    case .maxHeaderListSize, .maxMessageSize, .maxConnectionMemory, .maxOutboundBuffer: "BYTES"
    case .workers, .maxConnections, .maxConcurrentStreams, .maxResetRate, .maxControlFrameRate,
      .maxPendingAcks, .maxContinuations, .httpMaxConnections, .wakeUpLimit:
      "N"
    case .watchNamespaces: "NAMESPACE,…"
    case .leaseName, .leaseNamespace: "NAME"
    case .peers: "HOST:PORT,…"
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
    case .triggerServers: "Prometheus servers that triggers of an ElastiService may name"
    case .policies: "directory of manifests, read and watched; repeatable"
    case .leadTime: "how far ahead demand counts, where nothing else says (default 5m)"
    case .hold: "how long a lost signal goes on asking, or forever (default forever)"
    case .whenUnavailable: "IsActive without a decision: an error, or false (default error)"
    case .refresh: "how often the flags' data sources are fetched (default 15s)"
    case .fetchTimeout: "limit of one fetch from the flags' data sources (default 5s)"
    case .workers: "gRPC loops (default: the processors)"
    case .drainTimeout: "limit for ending calls after SIGTERM (default 20s)"
    case .logLevel: "least level that is logged (default info)"
    case .logFormat: "text for people, json for machines (default text)"
    case .tlsEnabled: "TLS on the gRPC port (default false)"
    case .tlsCertificateFile: "PEM certificate and its chain, read again when it changes"
    case .tlsKeyFile: "PEM key of the certificate"
    case .tlsAuthoritiesFile: "PEM authorities; clients must then present a certificate of one"
    case .httpTLSCertificateFile: "PEM certificate of the side port; with it, it speaks TLS"
    case .httpTLSKeyFile: "PEM key of the side port's certificate"
    case .httpMaxConnections: "connections of the side port (default 128)"
    case .httpRequestTimeout: "limit of one request to the side port (default 1m)"
    case .httpTokenFile: "bearer token that the side port asks for, but of probes"
    case .maxConnections: "gRPC connections; more are closed at once (default 10000)"
    case .handshakeTimeout: "limit for TLS handshake, preface and SETTINGS (default 20s)"
    case .maxConnectionAge: "when a connection is drained, give or take 10 % (default 0s, never)"
    case .maxConnectionAgeGrace: "what the calls of a drained connection have left (default 1m)"
    case .maxConnectionIdle: "when a connection without calls is drained (default 0s, never)"
    case .stallTimeout: "how long a client may leave answers unread (default 1m; 0s: forever)"
    case .maxHeaderListSize: "headers of one request (default 65536)"
    case .maxMessageSize: "longest request message (default 4194304)"
    case .requestTimeout: "how long a request with one message may take (default 30s; 0s: forever)"
    case .maxConcurrentStreams: "calls of one connection at a time (default 0, any number)"
    case .maxConnectionMemory: "what the calls of one connection hold (default 67108864)"
    case .maxOutboundBuffer: "answers of one connection that wait (default 16777216)"
    case .maxResetRate: "resets of streams a second; 20 times that at once (default 1000)"
    case .maxControlFrameRate:
      "frames a second of each kind but calls; 20 times that at once (default 1000)"
    case .maxPendingAcks: "answers to PING and SETTINGS that wait (default 1000)"
    case .maxContinuations: "CONTINUATION frames of one header block (default 8)"
    case .watch: "read custom resources and write their status (default false)"
    case .watchNamespaces: "namespaces of custom resources (default: all)"
    case .watchSilence: "when a watch that says nothing is started anew (default 2m)"
    case .kubeconfig: "access to the cluster (default: the pod's service account)"
    case .leaseName: "Lease that says which replica writes; - for none (default headstart)"
    case .leaseNamespace: "namespace of the Lease (default: the own)"
    case .direct: "scale the policies' targets here, without KEDA (default false)"
    case .checkInterval: "how often a target is compared with its policy (default 1m)"
    case .cooldown: "how long a target is left alone after it was scaled (default 1m)"
    case .dryRun: "with --direct: decide and check, and change nothing (default false)"
    case .peers: "side ports of all replicas, by a name that stands for each of them"
    case .peersAuthoritiesFile: "PEM authorities of the peers' certificates (default: the system's)"
    case .wakeUpLimit: "wake-ups of one target and minute (default 60)"
    }
  }
}
