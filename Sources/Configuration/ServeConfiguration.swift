package import EventLoop
package import GRPCWire
package import Scaling
package import TLS
package import Telemetry
internal import Time

/// All settings of `headstart serve`, from flags and environment.
package struct ServeConfiguration: Sendable, Equatable {
  package var listen = ListenAddress(host: nil, port: 50051)
  package var httpListen = ListenAddress(host: nil, port: 8082)
  package var policyDirectories: [String] = []
  package var leadTime = Policy.Defaults.leadTime
  package var hold = Policy.Defaults.hold
  package var whenUnavailable = UnavailableBehaviour.error
  package var triggerServers = TriggerServers.none
  /// Nil for one for each processor.
  package var workers: Int?
  package var drainTimeout = Duration.seconds(20)
  package var logLevel = LogLevel.info
  package var logFormat = LogFormat.text
  /// What the gRPC port is secured with; nil for plain text.
  package var grpcTLS: TLSFiles?
  /// What the way to the forecaster is secured with, as Kedastral's flags say; nil for nothing of ours.
  package var forecasterTLS: ForecasterTLSFiles?
  package var limits = ConnectionLimits()
  package var memory = MemoryLimits()
  /// What the side port is secured with; nil for plain text.
  package var httpTLS: TLSFiles?
  package var sidePort = SidePortLimits()
  /// The file of the token that the side port asks for; nil for none.
  package var httpTokenFile: String?
  /// Whether `/healthz` is 503 while a data source fails.
  package var sourcesDecideHealth = false
  /// The API server of Kubernetes.
  package var cluster = ClusterConfiguration()
  package var wakeUp = WakeUpConfiguration()
  /// Where what was asked last is kept over a restart; nil for nowhere.
  package var stateDirectory: String?
  /// How old it may be when a process starts.
  package var stateMaxAge = Duration.seconds(3600)
  /// Whether the side port answers `/forecast/current` and `/workloads`.
  package var servesForecasts = false
  /// The data sources named `default` that flags define.
  package var dataSources: [DataSource] = []

  /// More gRPC loops than any machine has a use for.
  package static let maxWorkers = 256
  /// The longest duration that a flag may say; longer ones are mistakes of unit.
  package static let longestDuration = Duration.seconds(7 * 24 * 3600)

  /// The defaults.
  package init() {}

  /// Flags first, then the environment, then the defaults.
  ///
  /// - Throws: `UsageError` that names the flag or the variable, the value, and what was expected.
  package init(
    flags: FlagParser<ServeFlag>, environment: [String: String]
  ) throws(UsageError) {
    guard flags.operands.isEmpty else {
      throw UsageError(
        "unexpected argument \"\(flags.operands[0])\": serve takes flags only; see headstart --help"
      )
    }
    let settings = Settings(flags: flags, environment: environment)
    if let setting = settings[.listen] { listen = try setting.listenAddress() }
    if let setting = settings[.httpListen] { httpListen = try setting.listenAddress() }
    policyDirectories = settings.all(.policies)
    if let setting = settings[.leadTime] { leadTime = try setting.duration(atLeast: .zero) }
    if let setting = settings[.hold] { hold = try setting.hold() }
    if let setting = settings[.workers] {
      workers = try setting.number(in: 1...Self.maxWorkers)
    }
    if let setting = settings[.drainTimeout] {
      drainTimeout = try setting.duration(atLeast: .zero)
    }
    if let setting = settings[.whenUnavailable] {
      whenUnavailable = try setting.choice(["error": .error, "inactive": .inactive])
    }
    if let setting = settings[.logLevel] {
      logLevel = try setting.choice { LogLevel($0) }
    }
    if let setting = settings[.logFormat] {
      logFormat = try setting.choice { LogFormat($0) }
    }
    grpcTLS = try settings.grpcTLSFiles()
    forecasterTLS = try settings.forecasterTLSFiles()
    httpTLS = try settings.httpTLSFiles()
    httpTokenFile = settings[.httpTokenFile]?.value
    if let setting = settings[.healthz] {
      sourcesDecideHealth = try setting.choice(["grpc": false, "sources": true])
    }
    sidePort = try SidePortLimits(settings)
    limits = try ConnectionLimits(settings)
    memory = try MemoryLimits(settings)
    cluster = try ClusterConfiguration(settings)
    wakeUp = try WakeUpConfiguration(settings)
    stateDirectory = settings[.stateDirectory].map(\.directory)
    if let setting = settings[.stateMaxAge] {
      stateMaxAge = try setting.duration(atLeast: .seconds(1))
    }
    if let setting = settings[.serveForecasts] { servesForecasts = try setting.truth() }
    let refresh =
      try settings[.refresh]?.duration(atLeast: .seconds(1)) ?? DataSource.Defaults.refresh
    let timeout =
      try settings[.fetchTimeout]?.duration(atLeast: .milliseconds(1))
      ?? DataSource.Defaults.timeout
    triggerServers = try settings.triggerServers()
    triggerServers.refresh = try settings.pollingInterval() ?? refresh
    triggerServers.timeout = timeout
    for (flag, kind) in [
      (ServeFlag.forecasterURL, DataSource.Kind.forecaster), (.prometheusURL, .prometheus),
    ] {
      guard let setting = settings[flag] else { continue }
      var source = DataSource(
        name: ResourceName(name: "default"), kind: kind, address: try setting.baseURL(),
        timeout: timeout, refresh: refresh)
      if kind == .forecaster { source.authenticate(with: forecasterTLS) }
      dataSources.append(source)
    }
  }
}

extension DataSource {
  fileprivate mutating func authenticate(with files: ForecasterTLSFiles?) {
    // A scheme may be written in capitals (RFC 3986, section 3.1).
    guard let files, address.prefix(8).lowercased() == "https://" else { return }
    clientCertificateFile = files.certificate
    clientKeyFile = files.key
    caFile = files.authorities
  }
}
