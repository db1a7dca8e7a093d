internal import CivilTime
package import Configuration
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
internal import SidePort
internal import StateDirectory
internal import Synchronization
internal import TLS
internal import Telemetry
internal import Time

/// The running process: who is started in which order, and who stops in which.
///
/// Start: manifests are read, both ports are bound, the side port answers, the engine starts
/// fetching, and the gRPC port opens when there is something to say. Stop, on SIGTERM or SIGINT: not ready, gRPC drained within its
/// limit, side port, engine, exit 0. A second signal ends the process at once.
package struct Server {
  let configuration: ServeConfiguration
  let metrics = HeadstartMetrics(version: Version.number)
  private let log: LogQueue
  let logger: Logger

  /// - Throws: `LogQueueError` when the thread of the log cannot be started.
  package init(_ configuration: ServeConfiguration) throws {
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
  package func run() throws -> Int32 {
    ProcessSignals.ignoreOthers()
    defer { log.close(within: Self.flushLimit) }
    defer { metrics.registry.endScrapes() }
    try checkDirectories()
    let zones = CCTZDatabase()
    let control = try EventLoop(name: "control")
    let manifests = try EventLoop(name: "manifests")
    let learner = try EventLoop(name: "learning")
    let kept = try configuration.stateDirectory.map {
      try KeptState(
        directory: $0, maxAge: configuration.stateMaxAge, logger: logger,
        failures: metrics.stateWriteFailures)
    }
    let engine = DecisionEngine(
      loop: control, configuration: engineConfiguration(zones, kept), logger: logger)
    // Differs from every other replica's.
    let identity = String(UInt64.random(in: 1...UInt64.max), radix: 16)
    let exchange =
      configuration.wakeUp.peers.isEmpty
      ? nil
      : MemoryExchange(
        loop: control, reader: manifests, configuration: configuration, identity: identity,
        logger: logger, metrics: metrics)
    let learning = forecastLearning(on: learner, zones, kept, exchange) { feed, reading in
      control.post { engine.assumeIsolated { $0.take(reading, of: feed) } }
    }
    let findings = FindingsBoard()
    let watcher = ManifestWatcher(
      loop: manifests, configuration: manifestConfiguration(zones, kept), logger: logger,
      metrics: metrics, findings: findings
    ) { catalog in
      control.post { engine.assumeIsolated { $0.update(catalog: catalog) } }
    }
    let state = ProcessState()
    let grpcTLS = try configuration.grpcTLS.map { try GRPCCertificate($0) }
    warnOfPlaintext()
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
      engine: engine, cluster: cluster?.agent, configuration: configuration, identity: identity,
      logger: logger, metrics: metrics, isStarting: { state.isStarting }
    ) { [workers] completion in
      let delivered = Countdown(from: workers, onZero: completion)
      grpc.post { _ in delivered.countDown() }
    }
    let overrides = OverrideDesk(
      engine: engine, zones: zones, configuration: configuration, identity: identity,
      logger: logger, metrics: metrics, isStarting: { state.isStarting },
      keep: kept?.keepOverrides)
    let view = EngineView(
      engine: engine, zones: zones, state: state, cluster: cluster?.agent, desk: desk,
      overrides: overrides, learning: learning, identity: identity,
      sourcesDecideHealth: configuration.sourcesDecideHealth, kept: kept, hasToken: token != nil)
    // Before the side port opens: who has been answered may send signals.
    let controlThread = LoopThread(try control.start())
    // A start that fails, too, leaves no loop running while the process exits: libuv would abort it.
    defer { controlThread.end(control) }
    try onLoop(control) { try debugPeriod.assumeIsolated { try $0.start() } }
    let signals = try onLoop(control) {
      try ProcessSignals(
        loop: control, onStop: { state.stop(signal: $0) },
        onReload: { reloader.reload(for: "SIGHUP") },
        onLogLevel: { debugPeriod.assumeIsolated { $0.toggle() } })
    }
    let sidePort = try SidePortServer(
      host: configuration.httpListen.host ?? "", port: configuration.httpListen.port,
      content: view.content(
        metrics: metrics, statistics: { grpc.statistics },
        flush: { [workers] in Self.flushMetrics(of: grpc, workers: workers) },
        reloader: reloader, findings: findings, servesForecasts: configuration.servesForecasts,
        debugPeriod: token == nil ? nil : debugPeriod),
      metrics: metrics.sidePort, limits: sidePortLimits,
      token: token, hosts: ServedHosts(configuration.sidePort.hosts),
      certificate: sidePortTLS?.certificate)
    let sweeper = RequestSweeper(loop: control, sidePort: sidePort)

    let manifestThread = LoopThread(try manifests.start())
    defer { manifestThread.end(manifests) }
    let learningThread = LoopThread(try learner.start())
    defer { learningThread.end(learner) }
    _ = try onLoop(manifests) { try watcher.assumeIsolated { try $0.start() } }
    try onLoop(manifests) { try reloader.assumeIsolated { try $0.start() } }
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
      if configuration.cluster.watches { try watch(cluster, with: watcher) }
    }
    try onLoop(control) { try desk.assumeIsolated { try $0.start() } }
    let overridesLearnt = Latch()
    try onLoop(control) {
      try overrides.assumeIsolated {
        try $0.start(remembered: kept?.overrides ?? []) { overridesLearnt.open() }
      }
    }
    let remembered = [kept?.restored ?? [:]] + (try askPeers(exchange, for: watcher, state))
    overridesLearnt.wait(for: MemoryExchange.startLimit)
    let calendarsRead = Latch()
    try onLoop(manifests) {
      watcher.assumeIsolated { $0.whenCalendarsSettled { calendarsRead.open() } }
    }
    calendarsRead.wait(for: Self.calendarLimit)
    let catalog = try onLoop(manifests) { watcher.assumeIsolated { $0.catalog } }
    try onLoop(control) {
      engine.assumeIsolated { useHelpers(of: $0, exchange, cluster?.agent) }
    }
    try onLoop(control) { try sweeper.assumeIsolated { try $0.start() } }
    try onLoop(learner) { try learning.assumeIsolated { try $0.start() } }
    try onLoop(control) {
      try engine.assumeIsolated {
        try start($0, on: control, learning, remembered, catalog)
      }
    }
    _ = manifests.call { watcher.assumeIsolated { $0.handOn(after: catalog) } }
    if try openPort(of: grpc, when: engine, state) {
      state.isServing = true
      logger.info(
        "serving",
        [
          "version": .string(Version.number), "grpc": .string(grpc.boundAddress),
          "http": .string(
            ListenAddress(host: configuration.httpListen.host, port: sidePort.port).description),
          "tls": .string(tlsDescription),
          "http_tls": .string(configuration.httpTLS == nil ? "off" : "on"),
          "workers": .int(workers), "policies": .int(catalog.policies.count),
        ])
      state.waitForStop()
      drain(grpc)
    }
    sidePort.stop()
    if let agent = cluster?.agent {
      let released = Latch()
      control.post { agent.assumeIsolated { $0.shutDown { released.open() } } }
      released.wait(for: Self.releaseLimit)
    }
    _ = control.call {
      desk.assumeIsolated { $0.shutDown() }
      overrides.assumeIsolated { $0.shutDown() }
      exchange?.assumeIsolated { $0.shutDown() }
      sweeper.assumeIsolated { $0.shutDown() }
      engine.assumeIsolated { $0.shutDown() }
      debugPeriod.assumeIsolated { $0.shutDown() }
      signals.close()
    }
    _ = manifests.call {
      watcher.assumeIsolated { $0.shutDown() }
      reloader.assumeIsolated { $0.shutDown() }
      for certificates in certificates { certificates.assumeIsolated { $0.shutDown() } }
    }
    _ = learner.call(within: Self.releaseLimit) { learning.assumeIsolated { $0.shutDown() } }
    kept?.shutDown()
    controlThread.end(control)
    manifestThread.end(manifests)
    learningThread.end(learner)
    logger.info("stopped")
    return 0
  }

  /// How long calendars that do not answer may keep the first decisions waiting.
  private static let calendarLimit = Duration.seconds(10)

  /// How long the last lines of the log may keep the process from ending.
  private static let flushLimit = Duration.seconds(1)

  /// Opens the gRPC port as soon as there is something to say. Until then connections are refused,
  /// which KEDA takes better than any error (C24).
  ///
  /// - Returns: false when the process was asked to stop before that.
  private func openPort(
    of grpc: HTTP2Server<ScalerRPCs>, when engine: DecisionEngine, _ state: ProcessState
  ) throws -> Bool {
    let ready = Latch()
    engine.loop.post { engine.assumeIsolated { $0.whenReady { ready.open() } } }
    if !ready.wait(for: .milliseconds(200)) {
      logger.info("waiting for the first readings before the gRPC port is opened")
      while !ready.wait(for: .milliseconds(50)) {
        if state.isStopping { return false }
      }
    }
    guard !state.isStopping else { return false }
    try grpc.start()
    return true
  }

  private func drain(_ grpc: HTTP2Server<ScalerRPCs>) {
    logger.info("draining", ["limit": .string(configuration.drainTimeout.text)])
    let drained = Latch()
    grpc.drain(within: configuration.drainTimeout) { drained.open() }
    drained.wait()
    grpc.stop()
  }

  /// How long an API server that does not answer may keep the process from ending.
  private static let releaseLimit = Duration.seconds(3)

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

  private var workers: Int { configuration.workers ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  private var tlsDescription: String {
    guard let tls = configuration.grpcTLS else { return "off" }
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
    grpc.maxCallMemory = limits.callMemory
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

  private var sidePortLimits: ClientLimits {
    var limits = ClientLimits()
    limits.connections = configuration.sidePort.connections
    limits.requestTimeout = configuration.sidePort.requestTimeout
    return limits
  }

  private func manifestConfiguration(
    _ zones: CCTZDatabase, _ kept: KeptState?
  ) -> ManifestWatcherConfiguration {
    var manifests = ManifestWatcherConfiguration(
      directories: configuration.policyDirectories, defaults: defaults, zones: zones,
      dataSources: configuration.dataSources, watchesCluster: configuration.cluster.watches)
    if let direct = configuration.cluster.direct {
      manifests.foreignTargets = direct.foreignTargets
    }
    if let kept {
      manifests.restored = kept.files
      manifests.calendars = kept.calendars
      manifests.keepFiles = { kept.keep(files: $0) }
    }
    return manifests
  }

  private var defaults: PolicyDefaults {
    PolicyDefaults(
      leadTime: configuration.leadTime, hold: configuration.hold,
      whenUnavailable: configuration.whenUnavailable,
      triggerServers: configuration.triggerServers)
  }

  private func engineConfiguration(
    _ zones: CCTZDatabase, _ kept: KeptState?
  ) -> DecisionEngine.Configuration {
    var engine = DecisionEngine.Configuration(
      defaults: defaults, zones: zones, wallClock: WallClock.now)
    engine.maxImplied = configuration.memory.implied
    engine.maxHistory = configuration.memory.history
    if let kept { engine.keepMemory = { kept.keep($0) } }
    return engine
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
    _ engine: isolated DecisionEngine, on loop: EventLoop, _ learning: ForecastLearning,
    _ remembered: [MemoryExchange.Memories], _ catalog: Catalog
  ) throws {
    try engine.start { onReading in
      let refresher = try FeedRefresher(
        loop: loop, userAgent: Self.userAgent,
        // A step is noticed before it dates a reading, which would move along with the others.
        wallClock: { [unowned engine] in
          engine.assumeIsolated { $0.noticeClockStep() }
          return WallClock.now()
        },
        leadTime: { [unowned engine] feed in
          engine.assumeIsolated { $0.leadTime(of: feed) }
        },
        environment: Self.cloudEnvironment, logger: logger, metrics: metrics, onReading: onReading)
      return FeedRouter(refresher: refresher, learning: learning, onReading: onReading)
    }
    for memories in remembered { engine.restore(memories) }
    engine.update(catalog: catalog)
  }

  /// What requests call us.
  static let userAgent = "headstart/\(Version.number)"

  /// Runs on a loop, waits, and rethrows what it threw.
  func onLoop<Value: Sendable>(
    _ loop: EventLoop, _ work: @escaping @Sendable () throws -> Value
  ) throws -> Value {
    guard let result = loop.call({ Result(catching: work) }) else {
      throw UsageError("an event loop ended before it had started")
    }
    return try result.get()
  }
}
