internal import EventLoop
internal import Kubernetes
internal import Scaling
internal import Time

/// Does to one target what its controller orders.
///
/// Confined to the handler's loop.
final class TargetDriver {
  let policy: ResourceName
  private(set) var controller: TargetController
  private let kind: GroupVersionKind
  private unowned let host: ScaleHandler
  private var timer: LoopTimer?
  private var ticket: APITicket?
  /// Rises when everything under way has been given up: answers of before are not heard.
  private var generation = 0
  private var resource: APIResource?
  private var waiters: [(ScaleEffect) -> Void] = []
  /// What this visit has done so far.
  private var effect: ScaleEffect?
  /// For events.
  private(set) var uid = ""
  private(set) var lastScaling: Instant?
  private(set) var lastScalingUp: Instant?
  /// Who else writes the replicas, and what can be done: one sentence; nil while no one does.
  private(set) var contest: String?

  /// Who else writes is good to know, but scaling must not wait for it.
  private static let namingLimit = Duration.seconds(2)

  init(
    _ controller: TargetController, policy: ResourceName, apiVersion: String, host: ScaleHandler
  ) throws(EventLoopError) {
    self.controller = controller
    self.policy = policy
    self.host = host
    kind = GroupVersionKind(apiVersion: apiVersion, kind: controller.target.kind)
    timer = try LoopTimer(on: host.loop) { [unowned self] in
      obey(self.controller.timePassed(now: self.host.loop.now))
    }
  }

  var reference: ObjectReference {
    ObjectReference(
      apiVersion: kind.apiVersion, kind: kind.kind, namespace: controller.target.namespace,
      name: controller.target.name, uid: uid)
  }

  // MARK: Inputs

  func decided(_ wish: TargetWish) {
    obey(controller.decided(wish, now: host.loop.now))
  }

  func leadershipChanged(_ isLeader: Bool) {
    obey(isLeader ? controller.leadershipGained() : controller.leadershipLost())
  }

  /// - Parameter completion: called on the loop when it is known what has come of it.
  func wake(completion: @escaping (ScaleEffect) -> Void) {
    guard controller.phase != .standby else { return completion(.notLeading) }
    waiters.append(completion)
    obey(controller.wokenUp(now: host.loop.now))
  }

  /// It is this target's turn to be visited.
  func admitted() {
    guard controller.phase == .looking else { return host.leave(self) }
    findResource()
  }

  // MARK: Orders

  private func obey(_ response: TargetController.Response) {
    if let operation = response.operation { note(operation) }
    switch response.order {
    case .none:
      break
    case .look:
      timer?.stop()
      if host.arrive(self, isUrgent: !waiters.isEmpty) { findResource() }
    case .write(let step, let version):
      write(step, version)
    case .wait(let until):
      timer?.start(after: until - host.loop.now)
      endVisit(conditionEffect)
    case .stop:
      generation += 1
      ticket?.cancel()
      ticket = nil
      timer?.stop()
      endVisit(.notLeading)
    }
  }

  private func note(_ operation: ScaleOperation) {
    switch operation.outcome {
    case .succeeded:
      effect = .scaled(from: operation.from ?? 0, to: operation.to ?? 0)
      lastScaling = operation.at
      if operation.to ?? 0 > operation.from ?? 0 { lastScalingUp = operation.at }
    case .dryRun:
      effect = .dryRun(from: operation.from ?? 0, to: operation.to ?? 0)
    case .failed, .refused:
      break
    }
    host.record(operation, self)
  }

  private func endVisit(_ result: ScaleEffect) {
    effect = nil
    host.leave(self)
    host.learn(self)
    let waiters = waiters
    self.waiters = []
    for waiter in waiters { waiter(result) }
  }

  private var conditionEffect: ScaleEffect {
    switch controller.condition {
    case .missing(let sentence): .missing(sentence)
    case .refused(let sentence): .refused(sentence)
    case .failing(let sentence): .failed(sentence)
    case .inOrder, .unknown: effect ?? .unchanged(controller.replicas ?? 0)
    }
  }

  // MARK: Looking

  /// Runs the body, unless everything has been given up since.
  private func now<Value>(_ body: @escaping (TargetDriver, Value) -> Void) -> (Value) -> Void {
    { [weak self, generation] value in
      guard let self, self.generation == generation else { return }
      body(self, value)
    }
  }

  private func findResource() {
    if let resource { return findOwner(resource) }
    host.client.resource(
      of: kind,
      completion: now { driver, result in
        switch result {
        case .success(let resource) where resource.hasScale:
          driver.resource = resource
          driver.findOwner(resource)
        case .success(let resource):
          driver.lookFailed(
            TargetFailure(
              .refused,
              "\(resource.qualifiedName) have no scale subresource, so they cannot be scaled"))
        case .failure(let failure): driver.lookFailed(failure)
        }
      })
  }

  private func findOwner(_ resource: APIResource) {
    host.autoscalers.find(
      in: controller.target.namespace,
      completion: now { driver, result in
        switch result {
        case .success(let claims): driver.readScale(resource, claims)
        case .failure(let failure): driver.lookFailed(failure)
        }
      })
  }

  private func readScale(_ resource: APIResource, _ claims: AutoscalerClaims) {
    ticket = host.client.scale(
      of: key, resource,
      completion: now { driver, result in
        switch result {
        case .success(let scale): driver.observed(scale, claims, resource)
        case .failure(let failure): driver.lookFailed(failure)
        }
      })
  }

  private func observed(_ scale: Scale, _ claims: AutoscalerClaims, _ resource: APIResource) {
    uid = scale.uid
    let autoscaler = controller.wish.rules.autoscaler
    let observation = TargetObservation(
      replicas: scale.specReplicas, resourceVersion: scale.resourceVersion,
      owner: claims.owner(of: controller.target, agreed: autoscaler),
      isAutoscalerPaused: claims.isPaused(autoscaler))
    let before = controller.setBacks.total
    let response = controller.observed(
      observation, now: host.loop.now, wallClock: host.wallClock())
    guard controller.isContested(now: host.loop.now) else {
      contest = nil
      return obey(response)
    }
    guard controller.setBacks.total > before else { return obey(response) }
    if let contest {
      host.setBack(self, contest, isNew: false)
      return obey(response)
    }
    nameOtherWriter(resource, before: response)
  }

  /// Before Headstart's own write: after that the field has another manager.
  private func nameOtherWriter(
    _ resource: APIResource, before response: TargetController.Response
  ) {
    ticket = host.client.managers(
      of: ResourcePath(resource, namespace: key.namespace, name: key.name),
      deadline: Self.namingLimit,
      completion: now { driver, result in
        let contest = OtherWriter(result).sentence(of: driver.controller.target)
        driver.contest = contest
        driver.host.setBack(driver, contest, isNew: true)
        driver.obey(response)
      })
  }

  private func lookFailed(_ failure: KubernetesFailure) {
    switch failure.kind {
    case .notFound:
      uid = ""
      obey(
        controller.foundMissing(
          "\(controller.target) does not exist", now: host.loop.now,
          wallClock: host.wallClock()))
    case .unknownResource:
      resource = nil
      obey(
        controller.foundMissing(
          failure.message, now: host.loop.now, wallClock: host.wallClock()))
    default:
      lookFailed(TargetFailure(failure, now: host.loop.now))
    }
  }

  private func lookFailed(_ failure: TargetFailure) {
    let wasKnown = controller.condition == .failing(failure.message)
    if !wasKnown { host.warn("cannot look at a target", failure.message, self) }
    obey(controller.lookFailed(failure, now: host.loop.now))
  }

  // MARK: Writing

  private var key: ObjectKey {
    ObjectKey(namespace: controller.target.namespace, name: controller.target.name)
  }

  private func write(_ step: TargetStep, _ version: String) {
    guard host.mayWrite() else { return obey(controller.leadershipLost()) }
    guard let change = step.autoscaler else { return scale(step, version) }
    let (name, patch) = Self.patch(for: change)
    host.autoscalers.forget(controller.target.namespace)
    ticket = host.client.mergePatch(
      patch,
      at: ResourcePath(
        AutoscalerDirectory.scaledObjects, namespace: controller.target.namespace, name: name),
      dryRun: controller.settings.isDryRun, repeats: false,
      completion: now { driver, result in
        driver.host.autoscalers.forget(driver.controller.target.namespace)
        switch result {
        case .success: driver.scale(step, version)
        case .failure(let failure): driver.writeFailed(failure)
        }
      })
  }

  /// Pausing sets both annotations, resuming removes them (RFC 7386).
  private static func patch(
    for change: TargetStep.AutoscalerChange
  ) -> (name: String, patch: JSONValue) {
    let name: String
    let isPaused: Bool
    switch change {
    case .pause(let scaledObject): (name, isPaused) = (scaledObject, true)
    case .resume(let scaledObject): (name, isPaused) = (scaledObject, false)
    }
    let annotations: JSONValue = [
      AutoscalerClaim.pausedAnnotation: isPaused ? "true" : nil,
      AutoscalerClaim.pausedReplicasAnnotation: isPaused ? "0" : nil,
    ]
    return (name, ["metadata": ["annotations": annotations]])
  }

  private func scale(_ step: TargetStep, _ version: String) {
    guard let replicas = step.replicas, let resource else { return written() }
    guard replicas == 0, !controller.settings.isDryRun else {
      return put(replicas, resource, version)
    }
    host.prepareForZero(policy) { [weak self, generation] in
      guard let self, self.generation == generation else { return }
      // Somebody may have asked for the workload meanwhile.
      guard controller.wish.replicas ?? 0 == 0 else { return obey(controller.writeOvertaken()) }
      put(replicas, resource, version)
    }
  }

  private func put(_ replicas: Int, _ resource: APIResource, _ version: String) {
    guard host.mayWrite() else { return obey(controller.leadershipLost()) }
    // With the version as it was seen, a write that comes late does not undo a later one's.
    ticket = host.client.setReplicas(
      replicas, of: key, resource, resourceVersion: version,
      dryRun: controller.settings.isDryRun, repeats: false,
      completion: now { driver, result in
        switch result {
        case .success: driver.written()
        case .failure(let failure): driver.writeFailed(failure)
        }
      })
  }

  private func written() {
    obey(controller.written(now: host.loop.now, wallClock: host.wallClock()))
  }

  private func writeFailed(_ failure: KubernetesFailure) {
    obey(
      controller.writeFailed(
        TargetFailure(failure, now: host.loop.now), now: host.loop.now,
        wallClock: host.wallClock()))
  }
}

/// By identity.
extension TargetDriver: Hashable {
  static func == (left: TargetDriver, right: TargetDriver) -> Bool { left === right }

  func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(self))
  }
}
