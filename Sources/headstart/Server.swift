internal import AdminHTTP
internal import CivilTime
internal import Configuration
internal import DataSources
internal import DecisionEngine
internal import DirectScaling
internal import EventLoop
internal import GRPCWire
internal import Glibc
internal import HTTP2Server
internal import Kubernetes
internal import Manifests
internal import ScalerRPCs
internal import Scaling
internal import Synchronization
internal import TLS
internal import Telemetry

/// The running process: who is started in which order, and who stops in which.
///
/// Start: manifests are read, both ports are bound, the engine starts fetching, the side port
/// answers, then the gRPC loops. Stop, on SIGTERM or SIGINT: not ready, gRPC drained within its
/// limit, side port, engine, exit 0. A second signal ends the process at once.
struct Server {
  private let configuration: ServeConfiguration
  private let metrics = HeadstartMetrics(version: Version.number)
  private let log: LogQueue
  private let logger: Logger

  /// - Throws: `LogQueueError` when the thread of the log cannot be started.
  init(_ configuration: ServeConfiguration) throws {
    self.configuration = configuration
    log = try LogQueue(
      .standardError, format: configuration.logFormat, dropped: metrics.logLinesDropped)
    logger = Logger(
      level: configuration.logLevel, format: configuration.logFormat, output: log,
      records: metrics.logRecords)
  }

  /// Serves until a signal ends it.
  ///
  /// - Returns: the exit code.
  /// - Throws: what keeps it from starting, one sentence.
  func run() throws -> Int32 {
    ProcessSignals.ignoreOthers()
    defer { log.close(within: Self.flushLimit) }
    defer { metrics.registry.endScrapes() }
    try checkDirectories()
    let zones = CCTZDatabase()
    let control = try EventLoop(name: "control")
    let manifests = try EventLoop(name: "manifests")
    let engine = DecisionEngine(
      loop: control,
      configuration: DecisionEngine.Configuration(
        defaults: defaults, zones: zones, wallClock: WallClock.now), logger: logger)
    let watcher = ManifestWatcher(
      loop: manifests, configuration: manifestConfiguration(zones), logger: logger,
      metrics: metrics
    ) { catalog in
      control.post { engine.assumeIsolated { $0.update(catalog: catalog) } }
    }
    let state = ProcessState()
    let grpcTLS = try configuration.tls.map { try GRPCCertificate($0) }
    let sidePortTLS = try configuration.httpTLS.map { try SidePortCertificate($0) }
    let certificates = [
      grpcTLS?.watcher(on: manifests, logger, metrics.grpcCertificate),
      sidePortTLS?.watcher(on: manifests, logger, metrics.sidePortCertificate),
    ].compactMap(\.self)
    let token = try configuration.httpTokenFile.map { try BearerToken(path: $0) }
    let reloader = Reloader(
      watcher: watcher, certificates: certificates, token: token, logger: logger)
    let debugPeriod = DebugPeriod(loop: control, logger: logger)
    let grpc = try HTTP2Server(configuration: grpcConfiguration(grpcTLS?.credentials)) {
      [metrics] loop, responder in
      ScalerRPCs(
        loop: loop, responder: responder, engine: engine,
        metrics: RPCMetrics(metrics))
    }
    let cluster = try clusterAgent(on: control)
    let desk = WakeUpDesk(
      engine: engine, cluster: cluster?.agent, configuration: configuration, logger: logger,
      metrics: metrics
    ) { [workers] completion in
      let delivered = Countdown(from: workers, onZero: completion)
      grpc.post { _ in delivered.countDown() }
    }
    let view = EngineView(
      engine: engine, zones: zones, state: state, cluster: cluster?.agent, desk: desk)
    let admin = try AdminServer(
      host: configuration.httpListen.host ?? "", port: configuration.httpListen.port,
      content: view.content(
        metrics: metrics, statistics: { grpc.statistics },
        flush: { [workers] in Self.flushMetrics(of: grpc, workers: workers) },
        reloader: reloader),
      metrics: metrics.sidePort, limits: sidePortLimits,
      token: token,
      certificate: sidePortTLS?.certificate)
    let sweeper = RequestSweeper(loop: control, admin: admin)

    let manifestThread = try manifests.start()
    let controlThread = try control.start()
    try onLoop(control) { try debugPeriod.assumeIsolated { try $0.start() } }
    let signals = try onLoop(control) {
      try ProcessSignals(
        loop: control, onStop: { state.stop(signal: $0) },
        onReload: { reloader.reload(for: "SIGHUP") },
        onLogLevel: { debugPeriod.assumeIsolated { $0.toggle() } })
    }
    _ = try onLoop(manifests) { try watcher.assumeIsolated { try $0.start() } }
    for watcher in certificates {
      try onLoop(manifests) { try watcher.assumeIsolated { try $0.start() } }
    }
    if let cluster {
      try onLoop(control) {
        try cluster.agent.assumeIsolated { agent in
          try agent.start(engine: engine) { policy in
            view.nextChange(of: policy).map { .init(at: $0.at, replicas: $0.replicas) }
          }
        }
      }
      if configuration.cluster.watches { try watch(cluster, with: watcher, state) }
    }
    try onLoop(control) { try desk.assumeIsolated { try $0.start() } }
    let catalog = try onLoop(manifests) { watcher.assumeIsolated { $0.catalog } }
    try onLoop(control) { try sweeper.assumeIsolated { try $0.start() } }
    try onLoop(control) { try engine.assumeIsolated { try start($0, on: control, catalog) } }
    _ = manifests.call { watcher.assumeIsolated { $0.handOn(after: catalog) } }
    try grpc.start()
    state.isServing = true
    RarePages.giveBack()
    logger.info(
      "serving",
      [
        "version": .string(Version.number), "grpc": .string(grpc.boundAddress),
        "http": .string(
          ListenAddress(host: configuration.httpListen.host, port: admin.port).description),
        "tls": .string(tlsDescription),
        "http_tls": .string(configuration.httpTLS == nil ? "off" : "on"), "workers": .int(workers),
        "policies": .int(catalog.policies.count),
      ])

    state.waitForStop()
    logger.info("draining", ["limit": .string(configuration.drainTimeout.text)])
    let drained = Latch()
    grpc.drain(within: configuration.drainTimeout) { drained.open() }
    drained.wait()
    grpc.stop()
    admin.stop()
    if let agent = cluster?.agent {
      let released = Latch()
      control.post { agent.assumeIsolated { $0.shutDown { released.open() } } }
      released.wait(for: Self.releaseLimit)
    }
    _ = control.call {
      desk.assumeIsolated { $0.shutDown() }
      sweeper.assumeIsolated { $0.shutDown() }
      engine.assumeIsolated { $0.shutDown() }
      debugPeriod.assumeIsolated { $0.shutDown() }
      signals.close()
    }
    _ = manifests.call {
      watcher.assumeIsolated { $0.shutDown() }
      for certificates in certificates { certificates.assumeIsolated { $0.shutDown() } }
    }
    control.stop()
    manifests.stop()
    controlThread.join()
    manifestThread.join()
    logger.info("stopped")
    return 0
  }

  /// How long the last lines of the log may keep the process from ending.
  private static let flushLimit = Duration.seconds(1)

  // MARK: The cluster

  /// What `--watch` and `--direct` bring.
  private struct Cluster {
    let access: ClusterAccess
    let metrics: KubernetesMetrics
    let agent: ClusterAgent
  }

  /// How long an API server that does not answer may keep the first custom resources from being
  /// served, and the process from ending.
  private static let firstListLimit = Duration.seconds(10)
  private static let releaseLimit = Duration.seconds(3)

  /// Nil without `--watch` and `--direct`.
  private func clusterAgent(on control: EventLoop) throws -> Cluster? {
    guard configuration.cluster.isNeeded else { return nil }
    let access: ClusterAccess
    do throws(ClusterAccess.Failure) {
      access = try ClusterAccess.find(
        kubeconfig: configuration.cluster.kubeconfig, environment: Self.clusterEnvironment)
    } catch {
      throw UsageError("flag --\(configuration.cluster.watches ? "watch" : "direct"): \(error)")
    }
    logger.info(
      "using the API server",
      ["address": .string(access.server), "through": .string(access.origin)])
    let metrics = KubernetesMetrics(metrics.registry)
    return Cluster(
      access: access, metrics: metrics,
      agent: ClusterAgent(
        loop: control, access: access, configuration: configuration.cluster, logger: logger,
        metrics: metrics,
        scalingMetrics: configuration.cluster.direct.map { _ in
          DirectScalingMetrics(self.metrics.registry)
        }))
  }

  /// The variables that tell the way to a cluster.
  private static var clusterEnvironment: [String: String] {
    var found: [String: String] = [:]
    for name in ["KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "HOME"] {
      found[name] = getenv(name).map { String(cString: $0) }
    }
    return found
  }

  /// Watches custom resources, and waits for the first of them.
  private func watch(
    _ cluster: Cluster, with watcher: ManifestWatcher, _ state: ProcessState
  ) throws {
    let synced = Latch()
    let agent = cluster.agent
    try onLoop(watcher.loop) {
      try watcher.assumeIsolated { watcher in
        try watcher.watchResources(
          makeSource: { onChange, onStatus in
            try ResourceSource(
              access: cluster.access, configuration: configuration.cluster, loop: watcher.loop,
              logger: logger, metrics: cluster.metrics, onChange: onChange, onStatus: onStatus)
          }, onSynced: { synced.open() },
          onReviews: { changed, removed in
            agent.loop.post {
              agent.assumeIsolated { $0.review(changed, removed: removed) }
            }
          })
      }
    }
    let deadline = ContinuousClock.now.advanced(by: Self.firstListLimit)
    while !synced.wait(for: .milliseconds(100)) {
      guard !state.isStopping else { return }
      guard ContinuousClock.now < deadline else {
        logger.warning(
          "serving without the custom resources, which have not been listed yet",
          ["waited": .duration(Self.firstListLimit)])
        return
      }
    }
  }

  /// Has every gRPC loop add up what it has counted. A loop that does not come to it in time is
  /// heard at the next scrape.
  private static func flushMetrics(of grpc: HTTP2Server<ScalerRPCs>, workers: Int) {
    let flushed = Countdown(from: workers)
    grpc.post { service in
      service.flushMetrics()
      flushed.countDown()
    }
    flushed.wait(for: .milliseconds(200))
  }

  private var workers: Int {
    configuration.workers ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  private var tlsDescription: String {
    guard let tls = configuration.tls else { return "off" }
    return tls.clientAuthorities == nil ? "on" : "on, with client certificates"
  }

  private func grpcConfiguration(_ credentials: TLSCredentials?) -> HTTP2ServerConfiguration {
    var grpc = HTTP2ServerConfiguration(address: configuration.listen, workers: workers)
    grpc.credentials = credentials
    let limits = configuration.limits
    grpc.maxConnections = limits.connections
    grpc.handshakeTimeout = limits.handshake
    grpc.maxConnectionAge = limits.age
    grpc.maxConnectionAgeGrace = limits.ageGrace
    grpc.maxConnectionIdle = limits.idle
    grpc.stallTimeout = limits.stall
    grpc.maxHeaderListSize = limits.headerList
    grpc.maxMessageSize = limits.message
    grpc.requestTimeout = limits.request
    grpc.maxConcurrentStreams = limits.concurrentStreams.map { UInt32($0) }
    grpc.maxConnectionMemory = limits.memory
    grpc.maxOutboundBuffer = limits.outbound
    grpc.floods.resets = limits.resets
    grpc.floods.control = limits.controlFrames
    grpc.maxPendingAcks = limits.pendingAcks
    grpc.maxContinuations = limits.continuations
    grpc.log = { [logger] entry in
      var fields: LogFields = [:]
      fields.append("peer", entry.peer.map { .string($0) })
      logger.log(entry.level == .warning ? .warning : .debug, entry.message, fields)
    }
    return grpc
  }

  private var sidePortLimits: AdminLimits {
    var limits = AdminLimits()
    limits.connections = configuration.sidePort.connections
    limits.requestTimeout = configuration.sidePort.requestTimeout
    return limits
  }

  private func manifestConfiguration(_ zones: CCTZDatabase) -> ManifestWatcherConfiguration {
    ManifestWatcherConfiguration(
      directories: configuration.policyDirectories, defaults: defaults, zones: zones,
      dataSources: configuration.dataSources)
  }

  private var defaults: PolicyDefaults {
    PolicyDefaults(
      leadTime: configuration.leadTime, hold: configuration.hold,
      whenUnavailable: configuration.whenUnavailable,
      triggerServers: configuration.triggerServers)
  }

  /// A directory that is missing at the start is a typing error; one that vanishes later is an
  /// outage, and keeps its last good content.
  private func checkDirectories() throws(UsageError) {
    for path in configuration.policyDirectories {
      guard let directory = opendir(path) else {
        throw UsageError(
          "flag --policies: the directory \(path) cannot be read: "
            + String(cString: strerror(errno)))
      }
      closedir(directory)
    }
  }

  private func start(
    _ engine: isolated DecisionEngine, on loop: EventLoop, _ catalog: Catalog
  ) throws {
    try engine.start { onReading in
      try FeedRefresher(
        loop: loop, userAgent: "headstart/\(Version.number)", wallClock: WallClock.now,
        logger: logger, metrics: metrics, onReading: onReading)
    }
    engine.update(catalog: catalog)
  }

  /// Runs on a loop, waits, and rethrows what it threw.
  private func onLoop<Value: Sendable>(
    _ loop: EventLoop, _ work: @escaping @Sendable () throws -> Value
  ) throws -> Value {
    guard let result = loop.call({ Result(catching: work) }) else {
      throw UsageError("an event loop ended before it had started")
    }
    return try result.get()
  }
}
