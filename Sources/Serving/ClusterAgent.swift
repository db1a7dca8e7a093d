internal import Configuration
internal import DataSources
internal import DecisionEngine
internal import DirectScaling
internal import EventLoop
internal import Glibc
internal import Kubernetes
internal import Scaling
internal import Telemetry

/// What talks to the API server from the control loop: the Lease, the status of custom resources,
/// events.
actor ClusterAgent {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let access: ClusterAccess
  nonisolated let configuration: ClusterConfiguration
  private let logger: Logger
  private let metrics: KubernetesMetrics
  nonisolated let scalingMetrics: DirectScalingMetrics?
  private let elastiMetrics: ElastiMetrics?
  private var connection: Connection?
  private var sourceTimer: LoopTimer?

  /// What needs the loop to exist.
  struct Connection {
    let client: KubernetesClient
    let recorder: EventRecorder
    /// Nil where there is no Lease.
    let keeper: LeaseKeeper?
    let status: StatusWriter
    /// Nil without `--direct`.
    let scaler: ScaleHandler?

    /// Whether this replica may write, at this very moment.
    var mayWrite: Bool { keeper?.isLeader ?? true }
  }

  /// How often the status of data sources is compared.
  private static let sourcePeriod = Duration.seconds(5)

  init(
    loop: EventLoop, access: ClusterAccess, configuration: ClusterConfiguration, logger: Logger,
    metrics: KubernetesMetrics, scalingMetrics: DirectScalingMetrics?,
    elastiMetrics: ElastiMetrics?
  ) {
    self.elastiMetrics = elastiMetrics
    self.scalingMetrics = scalingMetrics
    self.loop = loop
    self.access = access
    self.configuration = configuration
    self.logger = logger
    self.metrics = metrics
  }

  /// Begins: campaigns for the Lease, and hears of decisions from now on.
  func start(
    engine: DecisionEngine, nextChange: @escaping (PolicySnapshot) -> ObjectStatus.NextChange?
  ) throws(EventLoopError) {
    let client = try KubernetesClient(
      access: access, loop: loop, userAgent: "headstart/\(Version.number)", metrics: metrics)
    let identity = Self.identity
    let recorder = try EventRecorder(
      client: client, instance: identity, wallClock: WallClock.now, logger: logger,
      metrics: metrics)
    var keeper: LeaseKeeper?
    if let name = configuration.leaseName {
      keeper = try LeaseKeeper(
        client: client, namespace: configuration.leaseNamespace ?? access.namespace, name: name,
        identity: identity, wallClock: WallClock.now, logger: logger, metrics: metrics
      ) { [unowned self] _ in
        self.assumeIsolated {
          $0.connection?.scaler?.network?.leadershipChanged()
          $0.connection?.scaler?.leadershipChanged()
        }
      }
    }
    let status = try StatusWriter(
      client: client, recorder: recorder, wallClock: WallClock.now, logger: logger,
      metrics: metrics,
      // A replica that has just begun has readings of nothing, and would say so of everything.
      mayWrite: { [keeper, unowned engine] in
        (keeper?.isLeader ?? true) && engine.assumeIsolated { $0.isReady }
      },
      nextChange: { [unowned engine] id in
        let key = PolicyKey(name: ResourceName(namespace: id.namespace, name: id.name))
        return engine.assumeIsolated { $0.snapshot(of: key) }.flatMap(nextChange)
      })
    let scaler = try scaleHandler(client, recorder, status, keeper)
    scaler?.network = try resolverNetwork(client, recorder, status, keeper)
    connection = Connection(
      client: client, recorder: recorder, keeper: keeper, status: status, scaler: scaler)
    let observer = SameLoop(StatusObserver(status))
    engine.assumeIsolated { $0.add(observer: observer.value) }
    if let scaler {
      let observer = SameLoop(ScaleObserver(scaler))
      engine.assumeIsolated { $0.add(observer: observer.value) }
    }
    sourceTimer = try LoopTimer(on: loop) { [unowned self, unowned engine] in
      let sources = engine.assumeIsolated { $0.sources }
      self.assumeIsolated { $0.learn(sources) }
    }
    sourceTimer?.start(after: Self.sourcePeriod, repeating: Self.sourcePeriod)
    keeper?.start()
    scaler?.network?.leadershipChanged()
    scaler?.leadershipChanged()
  }

  /// Has the handler called when the API server answers again, with the time when its silence was noticed.
  func observeReturn(_ handler: @escaping (Duration) -> Void) {
    connection?.client.observeReturn(for: self, handler)
  }

  private func scaleHandler(
    _ client: KubernetesClient, _ recorder: EventRecorder, _ status: StatusWriter,
    _ keeper: LeaseKeeper?
  ) throws(EventLoopError) -> ScaleHandler? {
    guard let direct = configuration.direct, let scalingMetrics else { return nil }
    return try ScaleHandler(
      client: client, loop: loop,
      settings: TargetController.Settings(
        checkInterval: direct.checkInterval, cooldown: direct.cooldown, isDryRun: direct.isDryRun,
        pausesScaledObjects: direct.pausesScaledObjects),
      recorder: recorder, status: configuration.watches ? status : nil, wallClock: WallClock.now,
      logger: logger, metrics: scalingMetrics, isLeader: { [keeper] in keeper?.isLeader ?? true })
  }

  private func resolverNetwork(
    _ client: KubernetesClient, _ recorder: EventRecorder, _ status: StatusWriter,
    _ keeper: LeaseKeeper?
  ) throws(EventLoopError) -> ResolverNetwork? {
    guard let direct = configuration.direct, !direct.isDryRun, let resolver = direct.resolver,
      let elastiMetrics
    else { return nil }
    return try ResolverNetwork(
      client: client, loop: loop,
      settings: ResolverNetwork.Settings(
        resolver: resolver, namespaces: configuration.namespaces,
        selector: configuration.selector, silence: configuration.silence),
      recorder: recorder, status: status, logger: logger, metrics: elastiMetrics,
      isLeader: { [keeper] in keeper?.isLeader ?? true })
  }

  // MARK: Direct scaling

  /// - Parameter completion: called on the loop when it is known what has come of it.
  func wake(_ policy: ResourceName, completion: @escaping (ScaleEffect) -> Void) {
    guard let scaler = connection?.scaler else { return completion(.noTarget) }
    scaler.wake(policy, completion: completion)
  }

  /// What a policy's target has now, as its scale says.
  ///
  /// - Parameter completion: called once, on the loop; with nil for a target that cannot be seen.
  func presentReplicas(of policy: Policy, completion: @escaping (Int?) -> Void) {
    guard let connection, let target = policy.scaleTarget,
      let id = policy.target(fallback: access.namespace)
    else { return completion(nil) }
    let client = connection.client
    let give = { [logger] (result: Result<Scale, KubernetesFailure>) in
      switch result {
      case .success(let scale):
        logger.info(
          "nothing is known of a policy: its target's present replicas stand in",
          ["policy": .describing(policy.name), "replicas": .int(scale.specReplicas)])
        completion(scale.specReplicas)
      case .failure(let failure):
        logger.debug(
          "the present replicas of a target cannot be seen",
          ["policy": .describing(policy.name), "problem": .string(failure.message)])
        completion(nil)
      }
    }
    client.resource(of: GroupVersionKind(apiVersion: target.apiVersion, kind: target.kind)) {
      switch $0 {
      case .success(let resource):
        client.scale(of: ObjectKey(namespace: id.namespace, name: id.name), resource) { give($0) }
      case .failure(let failure): give(.failure(failure))
      }
    }
  }

  func operations(_ filter: OperationHistory.Filter) -> [ScaleOperation] {
    connection?.scaler?.operations(filter) ?? []
  }

  var targetSamples: [TargetSample] { connection?.scaler?.samples ?? [] }

  /// Takes what the watch has found.
  func review(_ reviews: [ObjectReview], removed: [ObjectID]) {
    connection?.status.review(reviews, removed: removed)
    connection?.scaler?.network?.reviewed(reviews)
  }

  private func learn(_ sources: [SourceStatus]) {
    for source in sources {
      let state: SourceSummary.State =
        switch source.state {
        case .unknown: .unknown
        case .up: .answering
        case .failing: .failing(source.lastError ?? "It does not answer.")
        }
      let name = source.key.name
      connection?.status.learn(
        ObjectID(kind: "DataSource", namespace: name.namespace, name: name.name)
      ) { $0.source = SourceSummary(state: state, isUsed: source.feeds > 0) }
    }
  }

  /// Gives the Lease up, so that another replica need not wait for its end.
  ///
  /// - Parameter completion: called on the loop.
  func shutDown(completion: @escaping @Sendable () -> Void) {
    sourceTimer = nil
    guard let connection else { return completion() }
    connection.scaler?.shutDown()
    connection.scaler?.network?.shutDown()
    connection.status.shutDown()
    connection.recorder.shutDown()
    let end = { [unowned self] in
      self.assumeIsolated { agent in
        agent.connection?.client.shutDown()
        agent.connection = nil
      }
      completion()
    }
    guard let keeper = connection.keeper else { return end() }
    keeper.release(completion: end)
  }

  /// Which replica this is: the pod's name where the manifest passes it on, else the host and the
  /// process.
  private static var identity: String {
    if let name = getenv("POD_NAME").map({ String(cString: $0) }), !name.isEmpty { return name }
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let name = String(
      decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return "\(name)-\(getpid())"
  }
}

/// Passes decisions on to direct scaling.
private final class ScaleObserver: DecisionObserver {
  private let scaler: ScaleHandler

  init(_ scaler: ScaleHandler) {
    self.scaler = scaler
  }

  func decided(_ key: PolicyKey, _ policy: Policy, _ decision: Decision) {
    // What triggers imply or adjust is KEDA's.
    guard policy.scaleTarget != nil || scaler.hasTarget(key.name), !key.isImplied,
      key.leadTime == nil
    else { return }
    guard !policy.observe else {
      if scaler.hasTarget(key.name) { scaler.dropped(key.name) }
      return
    }
    scaler.decided(policy, decision)
  }

  func dropped(_ key: PolicyKey) {
    guard !key.isImplied, key.leadTime == nil else { return }
    scaler.dropped(key.name)
  }
}

/// Passes decisions on to the status writer.
private final class StatusObserver: DecisionObserver {
  private let status: StatusWriter

  init(_ status: StatusWriter) {
    self.status = status
  }

  func decided(_ key: PolicyKey, _ policy: Policy, _ decision: Decision) {
    guard let id = Self.id(of: key, policy) else { return }
    let summary = DecisionSummary(decision)
    status.learn(id) { $0.decided(summary, at: decision.at) }
  }

  func dropped(_ key: PolicyKey) {}

  /// Nil for what is not written in a manifest as it is.
  private static func id(of key: PolicyKey, _ policy: Policy) -> ObjectID? {
    guard !key.isImplied, key.leadTime == nil else { return nil }
    return ObjectID(
      kind: policy.kind.rawValue, namespace: key.name.namespace, name: key.name.name)
  }
}
