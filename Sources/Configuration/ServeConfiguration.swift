package import EventLoop
package import Scaling
package import TLS
package import Telemetry

/// All that `headstart serve` is told by flags and environment.
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
  /// Nil for plain text.
  package var tls: TLSFiles?
  package var limits = ConnectionLimits()
  /// What the side port is secured with; nil for plain text.
  package var httpTLS: TLSFiles?
  package var sidePort = SidePortLimits()
  /// The file of the token that the side port asks for; nil for none.
  package var httpTokenFile: String?
  /// The API server of Kubernetes.
  package var cluster = ClusterConfiguration()
  package var wakeUp = WakeUpConfiguration()
  /// The data sources named `default` that flags define.
  package var dataSources: [DataSource] = []

  /// More gRPC loops than any machine has a use for.
  package static let maxWorkers = 256
  /// The longest duration that a flag may say; longer ones are mistakes of unit.
  package static let longestDuration = Duration.seconds(7 * 24 * 3600)

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
    tls = try settings.tlsFiles()
    httpTLS = try settings.httpTLSFiles()
    httpTokenFile = settings[.httpTokenFile]?.value
    sidePort = try SidePortLimits(settings)
    limits = try ConnectionLimits(settings)
    cluster = try ClusterConfiguration(settings)
    wakeUp = try WakeUpConfiguration(settings)
    let refresh =
      try settings[.refresh]?.duration(atLeast: .seconds(1)) ?? DataSource.Defaults.refresh
    let timeout =
      try settings[.fetchTimeout]?.duration(atLeast: .milliseconds(1))
      ?? DataSource.Defaults.timeout
    triggerServers = try settings.triggerServers()
    triggerServers.refresh = refresh
    triggerServers.timeout = timeout
    for (flag, kind) in [
      (ServeFlag.forecasterURL, DataSource.Kind.forecaster), (.prometheusURL, .prometheus),
    ] {
      guard let setting = settings[flag] else { continue }
      var source = DataSource(
        name: ResourceName(name: "default"), kind: kind, address: try setting.baseURL(),
        timeout: timeout, refresh: refresh)
      if kind == .forecaster { source.authenticate(with: tls) }
      dataSources.append(source)
    }
  }
}

extension DataSource {
  /// One set of files secures both sides: with TLS on, they are Headstart's own
  /// certificate towards the forecaster, and the authorities that the forecaster's must chain to.
  fileprivate mutating func authenticate(with files: TLSFiles?) {
    // A scheme may be written in capitals (RFC 3986, section 3.1).
    guard let files, address.prefix(8).lowercased() == "https://" else { return }
    clientCertificateFile = files.certificate
    clientKeyFile = files.key
    caFile = files.clientAuthorities
  }
}
