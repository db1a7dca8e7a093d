internal import AdminHTTP
internal import DataSources
internal import DecisionEngine
internal import DirectScaling
internal import EventLoop
internal import GRPCWire
internal import HTTP2Server
internal import Scaling
internal import TLS
internal import Telemetry

/// What the side port shows of the engine. Runs on the side port's thread; asks the control loop
/// for values and works on them here.
struct EngineView: Sendable {
  let engine: DecisionEngine
  let zones: any TimeZoneDatabase
  let state: ProcessState
  /// Nil without a cluster.
  let cluster: ClusterAgent?
  let desk: WakeUpDesk
  private let changes = NextChangeCache()

  /// A control loop that does not answer for so long is in trouble, and the answer says so.
  static let patience = Duration.seconds(5)

  init(
    engine: DecisionEngine, zones: any TimeZoneDatabase, state: ProcessState,
    cluster: ClusterAgent?, desk: WakeUpDesk
  ) {
    self.cluster = cluster
    self.desk = desk
    self.engine = engine
    self.zones = zones
    self.state = state
  }

  func content(
    metrics: HeadstartMetrics, statistics: @escaping @Sendable () -> HTTP2Statistics,
    flush: @escaping @Sendable () -> Void, reloader: Reloader
  ) -> AdminContent {
    metrics.registry.onScrape { writer in
      flush()
      write(metrics, statistics(), to: &writer)
    }
    var content = AdminContent(
      metrics: metrics.registry, health: health, readiness: readiness, policies: policies,
      decision: decision, history: history, projection: projection)
    content.operations = operations
    content.incomingRequest = IncomingRequest.read
    content.reload = { reloader.reload(for: "POST /-/reload", completion: $0) }
    content.wake = { [desk] call, answer in
      desk.loop.post { desk.assumeIsolated { $0.wake(call, answer: answer) } }
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

  private func snapshot() -> EngineSnapshot? {
    engine.loop.call(within: Self.patience) { [engine] in
      engine.assumeIsolated { $0.snapshot() }
    }
  }

  // MARK: Health

  // Both look at what they need and not at a snapshot of all policies, which takes a tenth of a
  // second for 100,000 of them: probes ask every few seconds.

  private var grpcCheck: HealthCheck {
    HealthCheck("grpc", problem: state.isServing ? nil : "not serving: starting or draining")
  }

  private func health() -> HealthReport {
    let sources = engine.loop.call(within: Self.patience) { [engine] in
      engine.assumeIsolated { $0.sources }
    }
    guard let sources else {
      return HealthReport([grpcCheck, HealthCheck("engine", problem: "does not answer")])
    }
    return HealthReport(
      [grpcCheck]
        + sources.map { source in
          HealthCheck(
            "\(source.key.kind.rawValue) \(source.key.name)",
            problem: source.state == .failing ? source.lastError ?? "does not answer" : nil)
        })
  }

  private func readiness() -> HealthReport {
    let isLoaded = engine.loop.call(within: Self.patience) { [engine] in
      engine.assumeIsolated { $0.isReady }
    }
    return HealthReport([
      grpcCheck,
      HealthCheck(
        "first load",
        problem: isLoaded == true ? nil : "the first readings of some policies are still missing"),
    ])
  }

  // MARK: Decisions

  private func policies(_ selection: PolicySelection) -> PolicyPage {
    guard let snapshot = snapshot() else {
      return PolicyPage(
        policies: [], counts: PolicyCounts(), matching: 0, offset: 0, now: WallClock.now())
    }
    let page = selection.page(of: snapshot.policies) { ($0.policy.name, $0.decision) }
    let summaries = page.items.map { policy in
      PolicySummary(
        policy: policy.policy, decision: policy.decision, nextChange: nextChange(of: policy),
        bindings: policy.scaledObjects.count, now: snapshot.at)
    }
    return PolicyPage(
      policies: summaries, counts: page.counts, matching: page.matching, offset: selection.offset,
      now: snapshot.at)
  }

  func nextChange(of policy: PolicySnapshot) -> NextChange? {
    changes.nextChange(of: policy, zones: zones)
  }

  // MARK: Metrics

  private func write(
    _ metrics: HeadstartMetrics, _ statistics: HTTP2Statistics, to writer: inout MetricWriter
  ) {
    metrics.write(sample(of: statistics), to: &writer)
    writeTargets(to: &writer)
    guard let snapshot = snapshot() else { return }
    metrics.policies.set(snapshot.policies.count)
    metrics.bindings.set(snapshot.subscriptionCount)
    metrics.histories.set(snapshot.historyByteCount)
    for source in snapshot.sources {
      metrics.write(
        SourceSample(
          source: "\(source.key.name)", kind: source.key.kind.rawValue,
          isUp: source.state != .failing), to: &writer)
    }
    for policy in snapshot.policies {
      metrics.write(sample(of: policy, at: snapshot.at), to: &writer)
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
    sample.bytesReceived = statistics.bytesReceived
    sample.bytesSent = statistics.bytesSent
    return sample
  }

  private func sample(of policy: PolicySnapshot, at now: Instant) -> PolicySample {
    let decision = policy.decision
    return PolicySample(
      namespace: policy.policy.name.namespace, policy: policy.policy.name.name,
      desiredReplicas: decision.replicas,
      winner: decision.winner.map { decision.contributions[$0].signal },
      nextChange: nextChange(of: policy).map { Double($0.at.milliseconds) / 1000 },
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
