package import EventLoop
package import Kubernetes
package import Scaling
package import Telemetry
package import Time

/// Scales the targets of policies where there is no KEDA to do it: compares what each decision asks
/// for with what each target has, and patches the difference.
///
/// 1. Keeps one driver for each target, and lets one policy have it.
/// 2. Acts only while this replica leads.
/// 3. Remembers the last operations, and tells of them in log, events, metrics and status.
///
/// Confined to its client's loop.
package final class ScaleHandler {
  let loop: EventLoop
  let client: KubernetesClient
  let autoscalers: AutoscalerDirectory
  let wallClock: @Sendable () -> Instant
  /// Nil where nothing holds requests for workloads at zero.
  package var network: ResolverNetwork?
  private let settings: TargetController.Settings
  private let recorder: EventRecorder
  private let status: StatusWriter?
  private let logger: Logger
  private let metrics: DirectScalingMetrics
  private let isLeader: () -> Bool
  private var wasLeader = false
  private var hasStopped = false
  private var claims: [ResourceName: Claim] = [:]
  private var registry = TargetRegistry<ResourceName>()
  private var drivers: [ResourceName: TargetDriver] = [:]
  private var queue = VisitQueue<TargetDriver>(limit: ScaleHandler.maximumVisits)
  private var history = OperationHistory()
  /// Policies of which it is still to be seen whether they get their target.
  private var arrivals: Set<ResourceName> = []
  private var arrivalTimer: LoopTimer?

  /// Targets that are looked at or written to at once.
  private static let maximumVisits = 32

  /// What a policy in force wants of a target.
  private struct Claim {
    var wish: TargetWish
    var target: TargetID
    var apiVersion: String
    var kind: Policy.Kind
  }

  /// - Parameters:
  ///   - status: Where the status of custom resources is written; nil for nowhere.
  ///   - isLeader: Whether this replica may write, at this very moment. Asked before every write.
  package init(
    client: KubernetesClient, loop: EventLoop, settings: TargetController.Settings,
    recorder: EventRecorder, status: StatusWriter?, wallClock: @escaping @Sendable () -> Instant,
    logger: Logger, metrics: DirectScalingMetrics, isLeader: @escaping () -> Bool
  ) throws(EventLoopError) {
    self.client = client
    self.loop = loop
    self.settings = settings
    self.recorder = recorder
    self.status = status
    self.wallClock = wallClock
    self.logger = logger
    self.metrics = metrics
    self.isLeader = isLeader
    autoscalers = AutoscalerDirectory(
      client: client, loop: loop, checkInterval: settings.checkInterval)
    metrics.declare()
    arrivalTimer = try LoopTimer(on: loop) { [unowned self] in settleArrivals() }
  }

  /// Stops writing at once.
  package func shutDown() {
    hasStopped = true
    leadershipChanged()
    arrivalTimer = nil
    drivers = [:]
  }

  // MARK: What the engine says

  /// A policy with a target has decided.
  package func decided(_ policy: Policy, _ decision: Decision) {
    guard let reference = policy.scaleTarget,
      let target = policy.target(fallback: client.access.namespace)
    else { return dropped(policy.name) }
    if let known = claims[policy.name], known.target != target { dropped(policy.name) }
    let wish = TargetWish(policy, decision)
    let isNew = claims[policy.name] == nil
    claims[policy.name] = Claim(
      wish: wish, target: target, apiVersion: reference.apiVersion, kind: policy.kind)
    if let driver = drivers[policy.name] {
      driver.decided(wish)
    } else if isNew {
      // Those that come together are looked at together, in the order of their names; and a policy
      // that takes another's place does not meet it.
      arrivals.insert(policy.name)
      arrivalTimer?.start(after: .zero)
    }
  }

  /// Whether the policy named a target when it decided last.
  package func hasTarget(_ policy: ResourceName) -> Bool { claims[policy] != nil }

  /// A policy is not in force any more: it stops acting at once.
  package func dropped(_ policy: ResourceName) {
    guard claims.removeValue(forKey: policy) != nil else { return }
    arrivals.remove(policy)
    let driver = drivers.removeValue(forKey: policy)
    driver?.leadershipChanged(false)
    guard case .freed(_, let heir?) = registry.released(policy) else { return }
    arrivals.insert(heir)
    arrivalTimer?.start(after: .zero)
  }

  /// The Lease was won or lost.
  package func leadershipChanged() {
    let isLeader = mayWrite()
    guard isLeader != wasLeader else { return }
    wasLeader = isLeader
    for driver in drivers.values { driver.leadershipChanged(isLeader) }
    guard isLeader else { return }
    // Who leads says what no one was there to say.
    for (name, claim) in claims.sorted(by: { $0.key < $1.key })
    where drivers[name] == nil && !arrivals.contains(name) {
      refuse(claim)
    }
  }

  /// Somebody asked for the workload of a policy, which has decided since.
  ///
  /// - Parameter completion: called on the loop when it is known what has come of it.
  package func wake(_ policy: ResourceName, completion: @escaping (ScaleEffect) -> Void) {
    if arrivals.contains(policy) { settleArrivals() }
    guard let claim = claims[policy] else { return completion(.noTarget) }
    guard let driver = drivers[policy] else { return completion(.refused(refusal(of: claim))) }
    driver.wake(completion: completion)
  }

  private func settleArrivals() {
    let names = arrivals.sorted()
    arrivals = []
    for name in names {
      guard let claim = claims[name], drivers[name] == nil else { continue }
      switch registry.claimed(claim.target, by: name) {
      case .granted: begin(claim)
      case .refused: refuse(claim)
      }
    }
  }

  private func begin(_ claim: Claim) {
    let controller = TargetController(
      target: claim.target, settings: settings, wish: claim.wish)
    do throws(EventLoopError) {
      let driver = try TargetDriver(
        controller, policy: claim.wish.policy, apiVersion: claim.apiVersion, host: self)
      drivers[claim.wish.policy] = driver
      if mayWrite() { driver.leadershipChanged(true) }
    } catch {
      logger.error(
        "a target is not scaled",
        ["target": .describing(claim.target), "problem": .describing(error)])
    }
  }

  // MARK: Two policies for one target

  private func refuse(_ claim: Claim) {
    let sentence = refusal(of: claim)
    let operation = ScaleOperation(
      at: wallClock(), target: claim.target, wish: claim.wish, from: nil, to: claim.wish.replicas,
      outcome: .refused(sentence))
    learn(claim) { $0.scaling = .refused(sentence) }
    guard mayWrite() else { return }
    record(
      operation,
      ObjectReference(
        apiVersion: claim.apiVersion, kind: claim.target.kind,
        namespace: claim.target.namespace, name: claim.target.name))
  }

  private func refusal(of claim: Claim) -> String {
    let holder = registry.holder(of: claim.target).map { "\($0)" } ?? "another one"
    return "\(claim.target) is scaled by the policy \(holder), so the policy "
      + "\(claim.wish.policy) leaves it alone: only one policy may scale a target"
  }

  // MARK: What drivers tell

  func mayWrite() -> Bool { !hasStopped && isLeader() }

  /// - Returns: whether the visit may begin now.
  func arrive(_ driver: TargetDriver, isUrgent: Bool) -> Bool {
    queue.arrived(driver, isUrgent: isUrgent)
  }

  func leave(_ driver: TargetDriver) {
    queue.left(driver)?.admitted()
  }

  func record(_ operation: ScaleOperation, _ driver: TargetDriver) {
    network?.scaled(operation)
    if operation.outcome == .succeeded {
      network?.observed(operation.policy, replicas: operation.to)
    }
    record(operation, driver.reference)
  }

  private func record(_ operation: ScaleOperation, _ reference: ObjectReference) {
    metrics.operations.with([operation.outcome.result]).increment()
    let isNew = history.record(operation)
    log(operation, isNew: isNew)
    guard let note = operation.event(regarding: reference) else { return }
    recorder.record(note)
  }

  /// The last pods of a policy's target are about to be taken away.
  ///
  /// - Parameter completion: called when they may go.
  func prepareForZero(_ policy: ResourceName, completion: @escaping () -> Void) {
    guard let network, claims[policy]?.kind == .elastiService else { return completion() }
    network.prepare(policy, completion: completion)
  }

  /// Somebody else has undone what was written, as before.
  ///
  /// - Parameter isNew: whether this is its first report.
  func setBack(_ driver: TargetDriver, _ contest: String, isNew: Bool) {
    if isNew { warn("a target is set back again and again", contest, driver) }
    recorder.record(
      EventNote(
        regarding: driver.reference, severity: .warning, reason: "ScalingUndone", action: "Scale",
        note: contest))
  }

  func warn(_ message: String, _ problem: String, _ driver: TargetDriver) {
    logger.warning(
      message,
      [
        "target": .describing(driver.controller.target), "policy": .describing(driver.policy),
        "problem": .string(problem),
      ])
  }

  private func log(_ operation: ScaleOperation, isNew: Bool) {
    var fields: LogFields = [
      "target": .describing(operation.target), "policy": .describing(operation.policy),
    ]
    fields.append("from", operation.from.map { .int($0) })
    fields.append("to", operation.to.map { .int($0) })
    fields.append("signal", operation.signal.map { .string($0) })
    fields.append("rule", operation.rule.map { .string($0) })
    switch operation.outcome {
    case .succeeded:
      fields.append("reason", .string(operation.reason))
      // The same step again: somebody else has undone it, of which a warning tells.
      logger.log(isNew ? .info : .debug, "scaled", fields)
    case .dryRun:
      fields.append("reason", .string(operation.reason))
      logger.log(isNew ? .info : .debug, "would scale", fields)
    case .failed(let problem):
      fields.append("problem", .string(problem))
      logger.log(isNew ? .warning : .debug, "could not scale", fields)
    case .refused(let problem):
      fields.append("problem", .string(problem))
      logger.log(isNew ? .warning : .debug, "not scaled", fields)
    }
  }

  /// Has the status of the policy's object follow what is known of the target.
  func learn(_ driver: TargetDriver) {
    guard let claim = claims[driver.policy] else { return }
    if claim.kind == .elastiService {
      network?.observed(driver.policy, replicas: driver.controller.replicas)
    }
    learn(claim) { facts in
      facts.currentReplicas = driver.controller.replicas
      facts.lastScaling = driver.lastScaling ?? facts.lastScaling
      facts.lastScalingUp = driver.lastScalingUp ?? facts.lastScalingUp
      facts.scaling =
        switch driver.controller.condition {
        case .unknown, .inOrder: driver.contest.map { .contested($0) } ?? .inOrder
        case .missing(let sentence): .missing(sentence)
        case .refused(let sentence): .refused(sentence)
        case .failing(let sentence): .failing(sentence)
        }
    }
  }

  private func learn(_ claim: Claim, _ change: (inout ObjectFacts) -> Void) {
    let name = claim.wish.policy
    status?.learn(
      ObjectID(kind: claim.kind.rawValue, namespace: name.namespace, name: name.name), change)
  }

  // MARK: What the side port shows

  package func operations(_ filter: OperationHistory.Filter) -> [ScaleOperation] {
    history.operations(filter)
  }

  package var samples: [TargetSample] {
    drivers.values.map {
      TargetSample(
        target: $0.controller.target, current: $0.controller.replicas,
        desired: $0.controller.wish.replicas, setBacks: $0.controller.setBacks.total)
    }
  }
}
