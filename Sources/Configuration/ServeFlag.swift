internal import EventLoop
internal import GRPCWire
internal import Scaling
internal import Time

/// The flags of `headstart serve`.
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
  case grpcTLSCertificateFile = "grpc-tls-cert-file"
  case grpcTLSKeyFile = "grpc-tls-key-file"
  case grpcTLSAuthoritiesFile = "grpc-tls-ca-file"
  case tlsEnabled = "tls-enabled"
  case tlsCertificateFile = "tls-cert-file"
  case tlsKeyFile = "tls-key-file"
  case tlsAuthoritiesFile = "tls-ca-file"
  case httpTLSCertificateFile = "http-tls-cert-file"
  case httpTLSKeyFile = "http-tls-key-file"
  case httpTokenFile = "http-token-file"
  case healthz
  case httpHosts = "http-hosts"
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
  case maxCallMemory = "max-call-memory"
  case maxOutboundBuffer = "max-outbound-buffer"
  case maxResetRate = "max-reset-rate"
  case maxControlFrameRate = "max-control-frame-rate"
  case maxPendingAcks = "max-pending-acks"
  case maxContinuations = "max-continuations"
  case maxImplied = "max-implied"
  case maxHistory = "max-history"
  case watch
  case watchNamespaces = "watch-namespaces"
  case watchSelector = "watch-selector"
  case watchSilence = "watch-silence"
  case kubeconfig
  case leaseName = "lease-name"
  case leaseNamespace = "lease-namespace"
  case direct
  case checkInterval = "check-interval"
  case cooldown
  case dryRun = "dry-run"
  case directCrossNamespace = "direct-cross-namespace"
  case pauseScaledObjects = "pause-scaled-objects"
  case elastiResolver = "elasti-resolver"
  case peers
  case peersAuthoritiesFile = "peers-ca-file"
  case wakeUpLimit = "wake-up-limit"
  case stateDirectory = "state-dir"
  case stateMaxAge = "state-max-age"
  case serveForecasts = "serve-forecasts"
}

extension ServeFlag: Flag {
  package var row: FlagRow {
    switch self {
    case .listen:
      FlagRow(
        .address, default: Self.serve.listen.description, variable: "SCALER_LISTEN",
        "address of the gRPC port")
    case .httpListen:
      FlagRow(
        .address, default: Self.serve.httpListen.description,
        "address of the side port: /metrics, /healthz, the page, the API")
    case .forecasterURL:
      FlagRow(.url, "forecaster that becomes the data source \"default\"")
    case .prometheusURL:
      FlagRow(.url, "Prometheus that becomes the data source \"default\"")
    case .triggerServers:
      FlagRow(
        .urls, variable: "PROMETHEUS_TRIGGER_SERVER_ADDRESS",
        "Prometheus servers that triggers of an ElastiService may name")
    case .policies:
      FlagRow(.directory, "directory of manifests, read and watched; repeatable")
    case .leadTime:
      FlagRow(
        .duration, default: Self.serve.leadTime.text,
        "how far ahead to look, where the policy and the ScaledObject do not say")
    case .hold:
      FlagRow(
        .duration, default: "forever",
        "how long a lost signal keeps its last demand: a duration, or forever")
    case .whenUnavailable:
      FlagRow(
        .value("error|inactive"), default: "error",
        "what IsActive answers without a decision: an error, or false")
    case .refresh:
      FlagRow(
        .duration, default: DataSource.Defaults.refresh.text,
        "refresh interval of the data sources that flags define")
    case .fetchTimeout:
      FlagRow(
        .duration, default: DataSource.Defaults.timeout.text,
        "timeout of one fetch from the data sources that flags define")
    case .workers:
      FlagRow(.count, "gRPC event loops (default: one per CPU)")
    case .drainTimeout:
      FlagRow(
        .duration, default: Self.serve.drainTimeout.text,
        "how long calls may take to end after SIGTERM")
    case .logLevel:
      FlagRow(.value("debug|info|warn|error"), default: "info", "minimum log level")
    case .logFormat:
      FlagRow(.value("text|json"), default: "text", "text for people, json for machines")
    case .grpcTLSCertificateFile:
      FlagRow(
        .file,
        "PEM certificate chain of the gRPC port, which then speaks TLS; reloaded when it changes")
    case .grpcTLSKeyFile:
      FlagRow(.file, "PEM key of the gRPC port's certificate")
    case .grpcTLSAuthoritiesFile:
      FlagRow(
        .file,
        "PEM CA certificates; clients of the gRPC port must then present a certificate from one of them"
      )
    case .tlsEnabled:
      FlagRow(.toggle, default: "false", "mutual TLS towards the forecaster of --forecaster-url")
    case .tlsCertificateFile:
      FlagRow(.file, "PEM certificate that is presented to the forecaster")
    case .tlsKeyFile:
      FlagRow(.file, "PEM key of that certificate")
    case .tlsAuthoritiesFile:
      FlagRow(.file, "PEM CA certificates of the forecaster (default: the system's)")
    case .httpTLSCertificateFile:
      FlagRow(.file, "PEM certificate of the side port, which then speaks TLS")
    case .httpTLSKeyFile:
      FlagRow(.file, "PEM key of the side port's certificate")
    case .httpTokenFile:
      FlagRow(.file, "file with the bearer token; required for everything except the probes")
    case .healthz:
      FlagRow(
        .value("grpc|sources"), default: "grpc",
        "what /healthz depends on: the gRPC port, or the data sources as well")
    case .httpHosts:
      FlagRow(
        .value("NAME,…"),
        "names under which browsers may use the side port, beside localhost and addresses")
    case .httpMaxConnections:
      FlagRow(
        .count, default: "\(Self.serve.sidePort.connections)",
        "maximum number of connections to the side port")
    case .httpRequestTimeout:
      FlagRow(
        .duration, default: Self.serve.sidePort.requestTimeout.text,
        "timeout of one request to the side port")
    case .maxConnections:
      FlagRow(
        .count, default: "\(Self.limits.connections)",
        "maximum number of gRPC connections; more are closed at once")
    case .handshakeTimeout:
      FlagRow(
        .duration, default: Self.limits.handshake.text,
        "timeout of TLS handshake, preface and SETTINGS together")
    case .maxConnectionAge:
      FlagRow(
        .duration, default: Self.orNever(Self.limits.age),
        "drain a connection at this age, give or take 10 %; 0s: never")
    case .maxConnectionAgeGrace:
      FlagRow(
        .duration, default: Self.limits.ageGrace.text,
        "how long the calls of a drained connection may go on")
    case .maxConnectionIdle:
      FlagRow(
        .duration, default: Self.orNever(Self.limits.idle),
        "drain a connection after this long without calls; 0s: never")
    case .stallTimeout:
      FlagRow(
        .duration, default: Self.orNever(Self.limits.stall),
        "how long a client may leave answers unread; 0s: no limit")
    case .maxHeaderListSize:
      FlagRow(.bytes, default: "\(Self.limits.headerList)", "maximum size of one request's headers")
    case .maxMessageSize:
      FlagRow(.bytes, default: "\(Self.limits.message)", "maximum size of a request message")
    case .requestTimeout:
      FlagRow(
        .duration, default: Self.orNever(Self.limits.request),
        "how long a request may take to arrive; 0s: no limit")
    case .maxConcurrentStreams:
      FlagRow(
        .count, default: "\(Self.limits.concurrentStreams ?? 0)",
        "maximum number of concurrent calls on one connection; 0: no limit")
    case .maxConnectionMemory:
      FlagRow(
        .bytes, default: "\(Self.limits.memory)",
        "maximum memory for the calls of one connection")
    case .maxCallMemory:
      FlagRow(
        .bytes, default: "\(Self.limits.callMemory)",
        "maximum memory for the calls of all connections")
    case .maxOutboundBuffer:
      FlagRow(
        .bytes, default: "\(Self.limits.outbound)",
        "maximum size of one connection's unsent answers")
    case .maxResetRate:
      FlagRow(
        .count, default: "\(Self.limits.resets)",
        "stream resets per second; bursts of 20 times that")
    case .maxControlFrameRate:
      FlagRow(
        .count, default: "\(Self.limits.controlFrames)",
        "control frames per second of each kind; bursts of 20 times that")
    case .maxPendingAcks:
      FlagRow(
        .count, default: "\(Self.limits.pendingAcks)",
        "maximum number of unsent answers to PING and SETTINGS")
    case .maxContinuations:
      FlagRow(
        .count, default: "\(Self.limits.continuations)",
        "maximum number of CONTINUATION frames in one header block")
    case .maxImplied:
      FlagRow(
        .bytes, default: "\(Self.memory.implied)",
        "maximum memory for ScaledObjects and policies that no manifest names")
    case .maxHistory:
      FlagRow(
        .bytes, default: "\(Self.memory.history)",
        "maximum memory for past decisions, which the page and explain --at show")
    case .watch:
      FlagRow(.toggle, default: "false", "read custom resources and write their status")
    case .watchNamespaces:
      FlagRow(.value("NAMESPACE,…"), "namespaces of custom resources (default: all)")
    case .watchSelector:
      FlagRow(.value("LABELS"), "label selector of custom resources (default: all)")
    case .watchSilence:
      FlagRow(
        .duration, default: Self.serve.cluster.silence.text,
        "restart a watch after this long without events")
    case .kubeconfig:
      FlagRow(.file, "access to the cluster (default: the pod's service account)")
    case .leaseName:
      FlagRow(
        .name, default: Self.serve.cluster.leaseName,
        "Lease that says which replica writes; - for none")
    case .leaseNamespace:
      FlagRow(.name, "namespace of the Lease (default: the pod's)")
    case .direct:
      FlagRow(.toggle, default: "false", "scale the policies' targets here, without KEDA")
    case .checkInterval:
      FlagRow(
        .duration, default: DirectConfiguration().checkInterval.text,
        "how often a target is compared with its policy")
    case .cooldown:
      FlagRow(
        .duration, default: DirectConfiguration().cooldown.text,
        "how long a target is left alone after it was scaled")
    case .dryRun:
      FlagRow(.toggle, default: "false", "with --direct: decide and log, but change nothing")
    case .directCrossNamespace:
      FlagRow(
        .value("NAMESPACE/NAME,…"),
        "with --direct: custom resources that may scale workloads of other namespaces")
    case .pauseScaledObjects:
      FlagRow(
        .toggle, default: "true",
        "with --direct: pause the ScaledObjects of ElastiServices before they go to zero")
    case .elastiResolver:
      FlagRow(
        .value("NAMESPACE/SERVICE:PORT"),
        "with --direct: KubeElasti's resolver, which holds requests for ElastiServices at zero")
    case .peers:
      FlagRow(
        .value("HOST:PORT,…"),
        "side ports of all replicas, such as a headless Service; itself may be among them")
    case .peersAuthoritiesFile:
      FlagRow(.file, "PEM CA certificates for the peers (default: the system's)")
    case .wakeUpLimit:
      FlagRow(
        .count, default: "\(Self.serve.wakeUp.perMinute)",
        "wake-ups per policy per minute")
    case .serveForecasts:
      FlagRow(
        .toggle, default: "false",
        "serve built-in forecasts on the side port as a Kedastral forecaster does")
    case .stateDirectory:
      FlagRow(.directory, "directory for the state that has to survive a restart")
    case .stateMaxAge:
      FlagRow(
        .duration, default: Self.serve.stateMaxAge.text,
        "ignore content of --state-dir that is older")
    }
  }

  private static let serve = ServeConfiguration()
  private static let limits = ConnectionLimits()
  private static let memory = MemoryLimits()

  /// As the flag says it: 0s turns a limit off.
  private static func orNever(_ limit: Duration?) -> String { (limit ?? .zero).text }
}
