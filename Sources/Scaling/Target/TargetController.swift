package import Time

/// Decides when one target is looked at and what is written to it. Pure: no clock, no I/O.
///
/// 1. Looks at the target at every check interval, and at once when what is wanted changes.
/// 2. Writes only what differs, one write at a time, and only while it leads.
/// 3. Leaves the target alone for the cooldown after it was scaled, and while too little is known.
/// 4. Refuses a target that something else scales.
///
/// Times named `now` are of a monotonic clock; `wallClock` is for the history.
package struct TargetController: Sendable {
  package struct Settings: Hashable, Sendable {
    package var checkInterval: Duration
    /// Where the policy says none.
    package var cooldown: Duration
    /// Everything is checked, by the API server too, and nothing is changed.
    package var isDryRun: Bool
    /// Whether the ScaledObject that a policy names may be written to. Without that its target does not
    /// go to zero, where KEDA would scale it up again.
    package var pausesScaledObjects: Bool

    package init(
      checkInterval: Duration, cooldown: Duration, isDryRun: Bool = false,
      pausesScaledObjects: Bool = true
    ) {
      self.checkInterval = checkInterval
      self.cooldown = cooldown
      self.isDryRun = isDryRun
      self.pausesScaledObjects = pausesScaledObjects
    }
  }

  package enum Phase: Hashable, Sendable {
    /// Another replica leads, or the policy is gone.
    case standby
    case resting(until: Duration)
    case looking
    case writing(TargetStep, from: Int)
  }

  /// What to do now.
  package enum Order: Hashable, Sendable {
    case none
    /// See who owns the target and how many replicas it has; ends in `observed`, `foundMissing` or
    /// `lookFailed`.
    case look
    /// Ends in `written` or `writeFailed`.
    case write(TargetStep, resourceVersion: String)
    /// Call `timePassed` then.
    case wait(until: Duration)
    /// Cancel what is under way, without a report.
    case stop
  }

  /// An order, and what the history gets.
  package struct Response: Hashable, Sendable {
    package var order: Order
    package var operation: ScaleOperation?

    init(_ order: Order, _ operation: ScaleOperation? = nil) {
      self.order = order
      self.operation = operation
    }
  }

  /// What became of the target, for status and for those who wait for a wake-up.
  package enum Condition: Hashable, Sendable {
    case unknown
    /// It has what is wanted, or is on its way there.
    case inOrder
    /// It does not exist: one sentence.
    case missing(String)
    /// Something else scales it: one sentence.
    case refused(String)
    case failing(String)
  }

  package let target: TargetID
  package let settings: Settings
  package private(set) var wish: TargetWish
  package private(set) var phase = Phase.standby
  package private(set) var condition = Condition.unknown
  /// What the target had when it was seen last; nil before that, and while it is missing.
  package private(set) var replicas: Int?
  /// How often somebody else has undone what was written.
  package private(set) var setBacks = SetBacks()
  /// When it was scaled last, by this replica.
  private var lastScaling: Duration?
  /// What it was scaled to then.
  private var lastReached: Int?
  /// Somebody waits for the workload: scaling up does not wait for the cooldown.
  private var isUrgent = false
  /// What the target was compared with last.
  private var compared: TargetWish?
  private var failures = 0
  private var conflicts = 0
  /// While something fails, nothing is tried before.
  private var holdUntil: Duration?

  /// So often a write that met somebody else's is tried again at once.
  static let repeatsAfterConflict = 3
  static let firstRetry = Duration.seconds(1)
  static let longestRetry = Duration.seconds(10)

  package init(target: TargetID, settings: Settings, wish: TargetWish) {
    self.target = target
    self.settings = settings
    self.wish = wish
  }

  // MARK: Inputs

  /// The policy has decided, or was changed.
  package mutating func decided(_ wish: TargetWish, now: Duration) -> Response {
    self.wish = wish
    guard case .resting = phase else { return Response(.none) }
    if isCompared || holdUntil.map({ now < $0 }) ?? false { return Response(.none) }
    return look()
  }

  /// Somebody asked for the workload. To follow the decision that it led to.
  package mutating func wokenUp(now: Duration) -> Response {
    isUrgent = true
    guard case .resting = phase else { return Response(.none) }
    return look()
  }

  package mutating func timePassed(now: Duration) -> Response {
    guard case .resting(let until) = phase else { return Response(.none) }
    return now < until ? Response(.wait(until: until)) : look()
  }

  package mutating func leadershipGained() -> Response {
    guard phase == .standby else { return Response(.none) }
    return look()
  }

  /// Also for a policy that is gone: it stops acting at once.
  package mutating func leadershipLost() -> Response {
    phase = .standby
    setBacks.forget()
    holdUntil = nil
    isUrgent = false
    condition = .unknown
    return Response(.stop)
  }

  // MARK: What came of a look

  package mutating func observed(
    _ observation: TargetObservation, now: Duration, wallClock: Instant
  ) -> Response {
    guard phase == .looking else { return Response(.none) }
    replicas = observation.replicas
    compared = wish
    succeeded()
    if let owner = observation.owner {
      setBacks.forget()
      let sentence = "\(target) is scaled by \(owner), so Headstart leaves it alone"
      return refuse(sentence, observation, now, wallClock)
    }
    guard let step = wish.step(from: observation).map(withoutForbiddenChange) else {
      condition = .inOrder
      return rest(now)
    }
    if step.replicas == 0, step.autoscaler == nil, observation.isAutoscalerPaused == false {
      let sentence =
        "\(target) stays above zero: its ScaledObject would have to be paused, which"
        + " --pause-scaled-objects=false forbids"
      return refuse(sentence, observation, now, wallClock)
    }
    condition = .inOrder
    guard step != TargetStep(replicas: nil) else { return rest(now) }
    if step.replicas != nil {
      setBacks.sawDifference(observation.replicas, wish.rules.extent, now: now)
    }
    if let next = step.replicas, let end = cooldownEnd(from: observation.replicas, to: next),
      now < end
    {
      return rest(now, atMost: end)
    }
    phase = .writing(step, from: observation.replicas)
    return Response(.write(step, resourceVersion: observation.resourceVersion))
  }

  /// - Parameter sentence: What is missing. Told once, until it is there.
  package mutating func foundMissing(
    _ sentence: String, now: Duration, wallClock: Instant
  ) -> Response {
    guard phase == .looking else { return Response(.none) }
    succeeded()
    setBacks.forget()
    replicas = nil
    // One that comes back is another one: nothing was done to it yet.
    lastScaling = nil
    let isNew = condition != .missing(sentence)
    condition = .missing(sentence)
    let order = rest(now).order
    guard isNew else { return Response(order) }
    return Response(
      order, operation(from: nil, to: wish.replicas, .refused(sentence), wallClock))
  }

  package mutating func lookFailed(_ failure: TargetFailure, now: Duration) -> Response {
    guard phase == .looking else { return Response(.none) }
    return failed(failure, now)
  }

  // MARK: What came of a write

  package mutating func written(now: Duration, wallClock: Instant) -> Response {
    guard case .writing(let step, let from) = phase else { return Response(.none) }
    succeeded()
    conflicts = 0
    condition = .inOrder
    let reached = step.replicas ?? from
    if step.replicas != nil {
      lastScaling = now
      lastReached = reached
    }
    let operation = operation(
      from: from, to: reached, settings.isDryRun ? .dryRun : .succeeded, wallClock)
    guard !settings.isDryRun else { return Response(rest(now).order, operation) }
    replicas = reached
    if step.replicas != nil { setBacks.wrote(reached) }
    guard isCompared else { return Response(look().order, operation) }
    guard !wish.isReached(at: reached) else { return Response(rest(now).order, operation) }
    // The next of several steps.
    let cooldown = wish.rules.cooldown ?? settings.cooldown
    let pause = cooldown > .zero ? cooldown : settings.checkInterval
    return Response(rest(now, atMost: now + pause).order, operation)
  }

  package mutating func writeFailed(
    _ failure: TargetFailure, now: Duration, wallClock: Instant
  ) -> Response {
    guard case .writing(let step, let from) = phase else { return Response(.none) }
    if failure.kind == .conflict, conflicts < Self.repeatsAfterConflict {
      conflicts += 1
      return look()
    }
    let operation = operation(
      from: from, to: step.replicas ?? from, .failed(failure.message), wallClock)
    return Response(failed(failure, now).order, operation)
  }

  /// What is wanted has changed before the write began.
  package mutating func writeOvertaken() -> Response {
    guard case .writing = phase else { return Response(.none) }
    return look()
  }

  /// Whether somebody else keeps undoing what is written.
  package func isContested(now: Duration) -> Bool { setBacks.isContested(now: now) }

  // MARK: Private

  private mutating func look() -> Response {
    phase = .looking
    return Response(.look)
  }

  /// Whether the last comparison was with what is wanted now.
  private var isCompared: Bool {
    compared.map {
      $0.replicas == wish.replicas && $0.mayLower == wish.mayLower && $0.rules == wish.rules
    } ?? false
  }

  /// Until the next check, or an earlier time.
  private mutating func rest(_ now: Duration, atMost end: Duration? = nil) -> Response {
    isUrgent = false
    let check = now + settings.checkInterval
    let until = end.map { min($0, check) } ?? check
    phase = .resting(until: until)
    return Response(.wait(until: until))
  }

  /// When the target may be scaled in that direction again; nil for now.
  private func cooldownEnd(from current: Int, to next: Int) -> Duration? {
    guard let lastScaling else { return nil }
    // The cooldown is for Headstart's own steps: what somebody else took away comes back at once.
    let isOthers = current != lastReached
    if next > current, isUrgent || isOthers || !wish.rules.cooldownOnUp { return nil }
    return lastScaling + (wish.rules.cooldown ?? settings.cooldown)
  }

  /// The step, without the write to a ScaledObject where that may not be.
  private func withoutForbiddenChange(_ step: TargetStep) -> TargetStep {
    settings.pausesScaledObjects ? step : TargetStep(replicas: step.replicas)
  }

  /// - Parameter sentence: Why. Told once, until it is over.
  private mutating func refuse(
    _ sentence: String, _ observation: TargetObservation, _ now: Duration, _ wallClock: Instant
  ) -> Response {
    let isNew = condition != .refused(sentence)
    condition = .refused(sentence)
    let order = rest(now).order
    guard isNew else { return Response(order) }
    return Response(
      order,
      operation(from: observation.replicas, to: wish.replicas, .refused(sentence), wallClock))
  }

  private mutating func succeeded() {
    failures = 0
    holdUntil = nil
  }

  private mutating func failed(_ failure: TargetFailure, _ now: Duration) -> Response {
    isUrgent = false
    conflicts = 0
    condition = .failing(failure.message)
    let interval = settings.checkInterval
    let end: Duration
    switch failure.kind {
    case .refused:
      end = now + interval
    case .throttled(let until):
      end = max(until, now + min(Self.firstRetry, interval))
    case .conflict, .unavailable:
      let wait = min(Self.firstRetry * (1 << min(failures, 8)), Self.longestRetry)
      end = now + min(wait, interval)
    }
    failures += 1
    holdUntil = end
    phase = .resting(until: end)
    return Response(.wait(until: end))
  }

  private func operation(
    from: Int?, to: Int?, _ outcome: ScaleOperation.Outcome, _ wallClock: Instant
  ) -> ScaleOperation {
    ScaleOperation(
      at: wallClock, target: target, wish: wish, from: from, to: to, outcome: outcome)
  }
}
