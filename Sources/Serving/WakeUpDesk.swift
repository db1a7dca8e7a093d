internal import Configuration
internal import DecisionEngine
internal import DirectScaling
internal import EventLoop
internal import Scaling
internal import SidePort
internal import Telemetry
internal import Time

/// Takes wake-ups: has the engine make the workload active, the target scaled, the other replicas
/// told, and answers when all of that is known.
///
/// Lives on the control loop, where the engine is.
actor WakeUpDesk {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let engine: DecisionEngine
  private let cluster: ClusterAgent?
  private let configuration: ServeConfiguration
  private let logger: Logger
  private let wakeUps: CounterFamily
  /// Runs a closure when every gRPC loop has what the engine has told it.
  private let afterDelivery: @Sendable (@escaping @Sendable () -> Void) -> Void
  /// Whether there may be policies that are not known yet.
  private let isStarting: @Sendable () -> Bool
  /// Differs from every other replica's.
  private let identity: String
  private var limiter: WakeUpLimiter
  private var peers: PeerCaller?
  private var tasks: [UInt64: Task] = [:]
  private var serial: UInt64 = 0

  typealias Answer = @Sendable (WakeUpAnswer) -> Void

  /// How long an answer waits for the API server and for the other replicas.
  private static let patience = Duration.seconds(5)
  /// How long another replica is kept waiting for the API server.
  private static let patienceWithin = Duration.seconds(3)

  /// A wake-up that is being answered.
  private struct Task {
    var report: WakeUpReport
    var answer: Answer
    /// What is still to come.
    var waitsForDelivery = true
    var waitsForTarget = false
    var waitsForPeers = false
    var timer: LoopTimer?
  }

  init(
    engine: DecisionEngine, cluster: ClusterAgent?, configuration: ServeConfiguration,
    identity: String, logger: Logger, metrics: HeadstartMetrics,
    isStarting: @escaping @Sendable () -> Bool,
    afterDelivery: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
  ) {
    loop = engine.loop
    self.engine = engine
    self.cluster = cluster
    self.configuration = configuration
    self.logger = logger
    self.isStarting = isStarting
    self.afterDelivery = afterDelivery
    wakeUps = metrics.registry.counter(
      "headstart_wake_ups_total",
      help: "Wake-ups: woken, forwarded by another replica, unknown, or limited.",
      labels: ["result"])
    for result in ["woken", "forwarded", "unknown", "limited"] { _ = wakeUps.with([result]) }
    self.identity = identity
    limiter = WakeUpLimiter(perMinute: configuration.wakeUp.perMinute)
  }

  func start() throws(EventLoopError) {
    guard !configuration.wakeUp.peers.isEmpty else { return }
    peers = try PeerCaller(loop: loop, configuration: configuration, identity: identity)
  }

  func shutDown() {
    peers?.shutDown()
    peers = nil
    for ticket in tasks.keys { finish(ticket) }
  }

  /// - Parameter answer: called once.
  func wake(_ call: WakeUpCall, answer: @escaping Answer) {
    guard call.forwarder != identity else { return answer(.ownCall) }
    guard let name = policy(of: call.subject) else {
      guard !isStarting() else { return answer(.starting) }
      wakeUps.with(["unknown"]).increment()
      return answer(.unknown(unknown(call.subject)))
    }
    if let wait = limiter.asked(for: name, now: loop.now) {
      wakeUps.with(["limited"]).increment()
      return answer(.limited(retryAfter: wait))
    }
    let now = WallClock.now()
    let asked = call.at.map { min($0, now) } ?? now
    let woken = engine.assumeIsolated { $0.wake(name, at: asked) }
    guard let own = woken.first else {
      return answer(.unknown(unknown(call.subject)))
    }
    let isForwarded = call.forwarder != nil
    wakeUps.with([isForwarded ? "forwarded" : "woken"]).increment()
    let objects = woken.flatMap(\.scaledObjects)
    logger.info(
      "woken up",
      [
        "policy": .describing(name), "replicas": .int(own.decision.replicas ?? 0),
        "until": .string(own.until.rfc3339), "forwarded": .bool(isForwarded),
      ])
    let report = WakeUpReport(
      policy: name, previousReplicas: own.before?.replicas,
      desiredReplicas: own.decision.replicas, until: own.until,
      explanation: own.decision.explanation(at: now), scaledObjects: objects)
    begin(Task(report: report, answer: answer), asked: asked, tellsPeers: !isForwarded)
  }

  // MARK: Work

  private func begin(_ task: Task, asked: Instant, tellsPeers: Bool) {
    serial += 1
    let ticket = serial
    let policy = task.report.policy
    var task = task
    task.waitsForTarget = cluster?.configuration.direct != nil
    task.waitsForPeers = tellsPeers && peers != nil
    task.timer = try? LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.patienceEnded(ticket) }
    }
    task.timer?.start(after: tellsPeers ? Self.patience : Self.patienceWithin)
    tasks[ticket] = task
    // The desk lives as long as its loop.
    afterDelivery { [self, loop] in
      loop.post {
        self.assumeIsolated { desk in desk.advance(ticket) { $0.waitsForDelivery = false } }
      }
    }
    if task.waitsForPeers {
      peers?.tell(policy, at: asked) { [weak self] told in
        self?.assumeIsolated { desk in
          desk.advance(ticket) { task in
            task.waitsForPeers = false
            task.report.peers = told
          }
        }
      }
    }
    if task.waitsForTarget {
      cluster?.assumeIsolated { agent in
        agent.wake(policy) { [weak self] effect in
          self?.assumeIsolated { desk in
            desk.advance(ticket) { task in
              task.waitsForTarget = false
              task.report.target = WakeUpReport.Target(effect)
            }
          }
        }
      }
    }
  }

  private func advance(_ ticket: UInt64, _ change: (inout Task) -> Void) {
    guard var task = tasks[ticket] else { return }
    change(&task)
    tasks[ticket] = task
    guard !task.waitsForDelivery, !task.waitsForTarget, !task.waitsForPeers else { return }
    finish(ticket)
  }

  private func patienceEnded(_ ticket: UInt64) {
    guard var task = tasks[ticket] else { return }
    if task.waitsForTarget { task.report.target = WakeUpReport.Target(result: "pending") }
    if task.waitsForPeers {
      task.report.peers = configuration.wakeUp.peers.map {
        WakeUpReport.Peer(address: $0.description, error: "not all have answered within 5s")
      }
    }
    tasks[ticket] = task
    finish(ticket)
  }

  private func finish(_ ticket: UInt64) {
    guard let task = tasks.removeValue(forKey: ticket) else { return }
    for peer in task.report.peers {
      guard let error = peer.error else { continue }
      logger.warning(
        "a wake-up did not reach a replica",
        ["peer": .string(peer.address), "problem": .string(error)])
    }
    task.answer(.done(task.report))
  }

  // MARK: Names

  private func policy(of subject: WakeUpCall.Subject) -> ResourceName? {
    engine.assumeIsolated { engine in
      switch subject {
      case .policy(let name): engine.wakeable(name)
      case .service(let service, let namespace):
        engine.policy(forService: service, in: namespace)
      }
    }
  }

  private func unknown(_ subject: WakeUpCall.Subject) -> String {
    switch subject {
    case .policy(let name):
      let all = engine.assumeIsolated { $0.policyNames() }
      return name.unknownPolicy(among: all, spelling: false)
    case .service(let service, let namespace):
      return "no ElastiService has the service \(service) in namespace \(namespace), and no policy "
        + "has that name"
    }
  }
}

extension WakeUpReport.Target {
  init(_ effect: ScaleEffect) {
    switch effect {
    case .scaled(let from, let to), .dryRun(let from, let to):
      self.init(result: effect.result, from: from, to: to)
    case .unchanged(let count):
      self.init(result: effect.result, from: count, to: count)
    case .refused(let sentence), .missing(let sentence), .failed(let sentence):
      self.init(result: effect.result, error: sentence)
    case .notLeading, .noTarget:
      self.init(result: effect.result)
    }
  }
}
