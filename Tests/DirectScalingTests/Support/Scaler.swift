internal import EventLoop
internal import Kubernetes
internal import Scaling
internal import Telemetry
internal import TestKit
internal import Time

@testable internal import DirectScaling

/// A handler on a loop of its own, beside a scripted cluster. It leads unless a test says otherwise.
actor Scaler {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  private var client: KubernetesClient?
  private var recorder: EventRecorder?
  private var handler: ScaleHandler?
  private var isLeader = true

  static let now = Instant(milliseconds: 1_800_000_000_000)

  /// Calls `body` with a handler that scales in `cluster`.
  static func running(
    in cluster: ScriptedCluster, isDryRun: Bool = false, _ body: (Scaler) throws -> Void
  ) throws {
    let loop = try EventLoop(name: "test")
    let thread = try loop.start()
    let scaler = Scaler(loop: loop)
    let access = ClusterAccess(server: cluster.server.address)
    let result = Result {
      try scaler.onLoop { scaler in Result { try scaler.start(access, isDryRun: isDryRun) } }?.get()
      try body(scaler)
    }
    _ = scaler.onLoop { $0.shutDown() }
    loop.stop()
    thread.join()
    try result.get()
  }

  private init(loop: EventLoop) {
    self.loop = loop
  }

  private func start(_ access: ClusterAccess, isDryRun: Bool) throws {
    let client = try KubernetesClient(access: access, loop: loop, userAgent: "test")
    let recorder = try EventRecorder(
      client: client, instance: "test", wallClock: { Self.now }, logger: .disabled)
    handler = try ScaleHandler(
      client: client, loop: loop,
      settings: TargetController.Settings(
        checkInterval: .seconds(3600), cooldown: .seconds(3600), isDryRun: isDryRun),
      recorder: recorder, status: nil, wallClock: { Self.now }, logger: .disabled,
      metrics: DirectScalingMetrics(MetricsRegistry()),
      isLeader: { [unowned self] in self.assumeIsolated { $0.isLeader } })
    self.client = client
    self.recorder = recorder
    handler?.leadershipChanged()
  }

  private func shutDown() {
    handler?.shutDown()
    recorder?.shutDown()
    client?.shutDown()
    handler = nil
    recorder = nil
    client = nil
  }

  /// Runs on the loop, and waits. From the test's thread.
  nonisolated func onLoop<Value: Sendable>(
    _ body: @escaping @Sendable (isolated Scaler) -> Value
  ) -> Value? {
    loop.call { self.assumeIsolated { body($0) } }
  }

  // MARK: What a test does

  /// A policy for the Deployment `shop/web` decides.
  func decided(_ name: String = "web", _ replicas: Int, rules: TargetRules = TargetRules()) {
    let policy = Policy(
      name: ResourceName(namespace: "shop", name: name), signals: [],
      scaleTarget: ScaleTarget(apiVersion: "apps/v1", kind: "Deployment", name: "web"),
      scaling: rules)
    handler?.decided(
      policy,
      Decision(
        policy: policy.name, at: Self.now, outcome: .replicas(replicas), contributions: [],
        winner: nil, appliedLimits: [], validUntil: .distantFuture, memory: Decision.Memory()))
  }

  func dropped(_ name: String) {
    handler?.dropped(ResourceName(namespace: "shop", name: name))
  }

  /// - Parameter isTold: whether the handler hears of it, or finds out when it is about to write.
  func lead(_ isLeader: Bool, isTold: Bool = true) {
    self.isLeader = isLeader
    if isTold { handler?.leadershipChanged() }
  }

  /// Waits for what becomes of a target, as whoever asks for the workload does. From the test's thread.
  ///
  /// - Parameter change: comes just before, in the same turn of the loop.
  nonisolated func wake(
    _ name: String = "web", after change: @escaping @Sendable (isolated Scaler) -> Void = { _ in }
  ) -> ScaleEffect? {
    let reply = Reply<ScaleEffect>()
    loop.post {
      self.assumeIsolated { scaler in
        change(scaler)
        scaler.wake(name, reply)
      }
    }
    return reply.wait(for: .patience)
  }

  private func wake(_ name: String, _ reply: Reply<ScaleEffect>) {
    handler?.wake(ResourceName(namespace: "shop", name: name)) { reply.give($0) }
  }

  /// A policy decides, and somebody waits for what becomes of it. From the test's thread.
  nonisolated func scale(
    _ name: String = "web", to replicas: Int, rules: TargetRules = TargetRules()
  ) -> ScaleEffect? {
    wake(name) { $0.decided(name, replicas, rules: rules) }
  }

  nonisolated func operations() -> [ScaleOperation] {
    onLoop { $0.handler?.operations(OperationHistory.Filter()) ?? [] } ?? []
  }
}
