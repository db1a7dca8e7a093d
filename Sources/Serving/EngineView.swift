internal import DataSources
internal import DecisionEngine
internal import DirectScaling
internal import EventLoop
internal import GRPCWire
internal import HTTP2Server
internal import Scaling
internal import SidePort
internal import StateDirectory
internal import TLS
internal import Telemetry
internal import Time

/// What the side port shows of the engine. Runs on the side port's threads; asks the control loop
/// for values and works on them here.
struct EngineView: Sendable {
  let engine: DecisionEngine
  let zones: any TimeZoneDatabase
  let state: ProcessState
  /// Nil without a cluster.
  let cluster: ClusterAgent?
  let desk: WakeUpDesk
  let overrides: OverrideDesk
  let learning: ForecastLearning
  /// Differs from every other replica's.
  private let identity: String
  /// Whether `/healthz` is 503 while a data source fails.
  private let sourcesDecideHealth: Bool
  private let changes = NextChangeCache()
  /// Nil without a state directory.
  private let kept: KeptState?
  /// Whether the side port knows who asks.
  private let hasToken: Bool

  /// A control loop that does not answer for so long is in trouble, and the answer says so.
  static let patience = Duration.seconds(5)
  /// How many of the policies without a number `/readyz` names.
  private static let mostMissing = 10

  init(
    engine: DecisionEngine, zones: any TimeZoneDatabase, state: ProcessState,
    cluster: ClusterAgent?, desk: WakeUpDesk, overrides: OverrideDesk,
    learning: ForecastLearning, identity: String, sourcesDecideHealth: Bool, kept: KeptState?,
    hasToken: Bool
  ) {
    self.kept = kept
    self.hasToken = hasToken
    self.learning = learning
    self.identity = identity
    self.sourcesDecideHealth = sourcesDecideHealth
    self.cluster = cluster
    self.desk = desk
    self.overrides = overrides
    self.engine = engine
    self.zones = zones
    self.state = state
  }

  func content(
    metrics: HeadstartMetrics, statistics: @escaping @Sendable () -> HTTP2Statistics,
    flush: @escaping @Sendable () -> Void, reloader: Reloader, findings: FindingsBoard,
    servesForecasts: Bool, debugPeriod: DebugPeriod?
  ) -> SidePortContent {
    metrics.registry.onScrape { writer in
      flush()
      write(metrics, statistics(), to: &writer)
    }
    var content = SidePortContent(
      metrics: metrics.registry, health: health, readiness: readiness, policies: policies,
      decision: decision, history: history, projection: projection)
    content.operations = operations
    content.forecasts = forecasts
    if servesForecasts { content.forecastService = forecastService }
    content.memory = memory
    content.lastGoodFiles = lastGoodFiles
    content.learntStates = learntStates
    content.findings = { findings.all }
    content.sources = { statuses().map { ($0.map { SourceRecord($0) }, at: WallClock.now()) } }
    content.incomingRequest = IncomingRequest.read
    content.reload = { reloader.reload(for: "POST /-/reload", completion: $0) }
    if let debugPeriod {
      content.setLogLevel = { level, answer in
        debugPeriod.loop.post { answer(debugPeriod.assumeIsolated { $0.set(level) }) }
      }
    }
    content.wake = { [desk] call, answer in
      desk.loop.post { desk.assumeIsolated { $0.wake(call, answer: answer) } }
    }
    content.overrides = { [overrides] call, answer in
      overrides.loop.post { overrides.assumeIsolated { $0.call(call, answer: answer) } }
    }
    return content
  }

  /// What direct scaling has done; nil where the control loop does not answer.
  private func operations(_ filter: OperationHistory.Filter) -> OperationRecord? {
    guard let cluster, cluster.scalingMetrics != nil else {
      return OperationRecord(isDirect: false, operations: [])
    }
    let found = cluster.loop.call(within: Self.patience) {
      cluster.assumeIsolated { $0.operations(filter) }
    }
    return found.map { OperationRecord(isDirect: true, operations: $0) }
  }

  private func memory(_ question: MemoryQuestion) -> MemoryAnswer {
    guard question.asker != identity else { return .ownCall }
    let found = engine.loop.call(within: Self.patience) { [engine] in
      engine.assumeIsolated {
        $0.memories(of: question.policies, onlyFresh: question.onlyFresh)
      }
    }
    guard let found else { return .noAnswer }
    return .memory(MemoryReport.text(of: found, at: WallClock.now()))
  }

  /// Without a token anybody asks: what may hold a secret then stays here.
  private func lastGoodFiles(_ paths: [String]?, _ asker: String?) -> MemoryAnswer {
    guard asker != identity else { return .ownCall }
    guard let kept else { return .memory(FileReport.text(of: [])) }
    guard let files = kept.lastGood(of: paths.map(Set.init)) else { return .noAnswer }
    return .memory(FileReport.text(of: files.filter { hasToken || !$0.mayHoldSecrets }))
  }

  /// Written out on the side port's own thread: learning goes on meanwhile.
  private func learntStates(_ fingerprints: Set<UInt64>, _ asker: String?) -> MemoryAnswer {
    guard asker != identity else { return .ownCall }
    let found = learning.loop.call(within: Self.patience) { [learning] in
      learning.assumeIsolated { $0.states(of: fingerprints) }
    }
    guard let found else { return .noAnswer }
    return .memory(LearntStateReport.text(of: found.map(\.bytes)))
  }

  func snapshot() -> EngineSnapshot? {
    let found = engine.loop.call(within: Self.patience) { [engine] in
      engine.assumeIsolated { $0.snapshot() }
    }
    if let found { changes.forgetAll(but: found.policies) }
    return found
  }

  // MARK: Health

  // Both look at what they need and not at a snapshot of all policies, which takes a tenth of a
  // second for 100,000 of them: probes ask every few seconds.

  private var grpcCheck: HealthCheck {
    HealthCheck("grpc", problem: state.isServing ? nil : "not serving: starting or draining")
  }

  /// A port that waits for something to say is no reason to restart the process.
  private var grpcHealth: HealthCheck {
    HealthCheck("grpc", problem: state.isStopping ? "not serving: draining" : nil)
  }

  /// Sources are named, and decide only where `--healthz=sources` wants it: a liveness probe must not
  /// restart Headstart because somebody else is away.
  private func health() -> HealthReport {
    guard let sources = statuses() else {
      return HealthReport([grpcHealth, HealthCheck("engine", problem: "does not answer")])
    }
    return HealthReport([grpcHealth] + checks(of: sources, decide: sourcesDecideHealth))
  }

  private func readiness(withSources: Bool) -> HealthReport {
    let found = engine.loop.call(within: Self.patience) { [engine] in
      engine.assumeIsolated { ($0.isReady, $0.missing(atMost: Self.mostMissing), $0.sources) }
    }
    guard let (isLoaded, missing, sources) = found else {
      return HealthReport([grpcCheck, HealthCheck("engine", problem: "does not answer")])
    }
    var checks = [
      grpcCheck,
      HealthCheck(
        "first load",
        problem: isLoaded ? nil : "the first readings of some policies are still missing"),
    ]
    checks += missing.sentences.map { HealthCheck("policies", problem: $0, remark: .missing) }
    let others = missing.count - missing.sentences.count
    if others > 0 {
      checks.append(HealthCheck("policies", problem: "and \(others) more", remark: .missing))
    }
    return HealthReport(checks + (withSources ? self.checks(of: sources, decide: true) : []))
  }

  private func checks(of sources: [SourceStatus], decide: Bool) -> [HealthCheck] {
    sources.map { source in
      HealthCheck(
        "\(source.key.kind.rawValue) \(source.key.name)",
        problem: source.state == .failing ? source.lastError ?? "does not answer" : nil,
        remark: decide ? nil : .failing)
    }
  }

  private func statuses() -> [SourceStatus]? {
    engine.loop.call(within: Self.patience) { [engine] in
      engine.assumeIsolated { $0.sources }
    }
  }

  // MARK: Decisions

  private func policies(_ selection: PolicySelection) -> PolicyPage {
    guard let snapshot = snapshot() else {
      return PolicyPage(
        policies: [], counts: PolicyCounts(), matching: 0, offset: 0, now: WallClock.now())
    }
    let page = selection.page(of: snapshot.policies) { ($0.policy.name, $0.decision) }
    let deadline = ContinuousClock.now.advanced(by: Self.changesBudget)
    let summaries = page.items.map { policy in
      PolicySummary(
        policy: policy.policy, decision: policy.decision,
        nextChange: nextChange(of: policy, deadline: deadline),
        bindings: policy.scaledObjects.count, now: snapshot.at)
    }
    return PolicyPage(
      policies: summaries, counts: page.counts, matching: page.matching, offset: selection.offset,
      now: snapshot.at)
  }

  /// - Parameter deadline: as `NextChangeCache` has it.
  func nextChange(
    of policy: PolicySnapshot, deadline: ContinuousClock.Instant? = nil
  ) -> NextChange? {
    changes.nextChange(of: policy, zones: zones, deadline: deadline)
  }

  /// What one list of policies, or one scrape, may spend on working out next changes. Those that are
  /// left out are worked out for the next one.
  private static let changesBudget = Duration.milliseconds(500)
  /// The same for all policies of one scrape that triggers imply or adjust.
  private static let triggersBudget = Duration.milliseconds(20)

  // MARK: Metrics

  private func write(
    _ metrics: HeadstartMetrics, _ statistics: HTTP2Statistics, to writer: inout MetricWriter
  ) {
    metrics.write(sample(of: statistics), to: &writer)
    writeTargets(to: &writer)
    guard let snapshot = snapshot() else { return }
    metrics.policies.set(snapshot.policies.count)
    metrics.bindings.set(snapshot.subscriptionCount)
    metrics.unreadyPolicies.set(snapshot.unreadyCount)
    metrics.histories.set(snapshot.historyByteCount)
    metrics.implied.set(snapshot.impliedByteCount)
    for source in snapshot.sources {
      metrics.write(
        SourceSample(
          source: "\(source.key.name)", kind: source.key.kind.rawValue,
          isUp: source.state != .failing), to: &writer)
    }
    // Those of the manifests first: how many triggers make is up to the clients.
    for (isWritten, budget) in [(true, Self.changesBudget), (false, Self.triggersBudget)] {
      let deadline = ContinuousClock.now.advanced(by: budget)
      for policy in snapshot.policies where policy.isVouchedFor && policy.isWritten == isWritten {
        metrics.write(sample(of: policy, at: snapshot.at, deadline), to: &writer)
      }
    }
  }

  private func writeTargets(to writer: inout MetricWriter) {
    guard let cluster, let metrics = cluster.scalingMetrics else { return }
    let samples =
      cluster.loop.call(within: Self.patience) {
        cluster.assumeIsolated { $0.targetSamples }
      } ?? []
    for sample in samples { metrics.write(sample, to: &writer) }
  }

  private func sample(of statistics: HTTP2Statistics) -> ServerSample {
    var sample = ServerSample()
    sample.connections = statistics.connectionsOpen
    sample.connectionsAccepted = statistics.connectionsAccepted
    for reason in HTTP2Statistics.CloseReason.allCases {
      sample.connectionsClosed[reason.rawValue] = statistics.connectionsClosed[reason] ?? 0
    }
    for (limit, count) in statistics.limitsExceeded {
      sample.limitsExceeded[limit.rawValue] = count
    }
    sample.acceptFailures = statistics.acceptFailures
    sample.connectionsRefused = statistics.connectionsRefused
    sample.streamsStalled = statistics.streamsStalled
    for (reason, count) in statistics.handshakeFailures {
      sample.handshakeFailures[reason.rawValue] = count
    }
    sample.callsRefused = statistics.callsRefused
    sample.callMemory = statistics.callMemory
    sample.bytesReceived = statistics.bytesReceived
    sample.bytesSent = statistics.bytesSent
    return sample
  }

  private func sample(
    of policy: PolicySnapshot, at now: Instant, _ deadline: ContinuousClock.Instant
  ) -> PolicySample {
    let decision = policy.decision
    return PolicySample(
      namespace: policy.policy.name.namespace, policy: policy.policy.name.name,
      desiredReplicas: decision.replicas,
      winner: decision.winner.map { decision.contributions[$0].signal },
      nextChange: nextChange(of: policy, deadline: deadline).map {
        Double($0.at.milliseconds) / 1000
      },
      overrides: decision.memory.overrides?.count { $0.isRunning(at: now) } ?? 0,
      forecasts: forecastSamples(of: policy),
      signals: decision.contributions.map { contribution in
        SignalSample(
          signal: contribution.signal, kind: contribution.kind.rawValue,
          state: SignalSample.State(rawValue: contribution.state.rawValue) ?? .unknown,
          replicas: contribution.replicas,
          age: contribution.dataTime.map { max($0.duration(to: now), .zero) },
          kept: contribution.lostSince.map { max($0.duration(to: now), .zero) })
      })
  }
}
