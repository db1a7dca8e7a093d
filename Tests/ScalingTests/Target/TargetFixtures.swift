internal import Scaling
internal import Time

let checkout = TargetID(group: "apps", kind: "Deployment", namespace: "shop", name: "checkout")
let wallClock = Instant(milliseconds: 1_795_000_000_000)

extension TargetWish {
  /// What a policy wants by a decision of that many replicas; nil for one that is unavailable.
  static func of(
    _ replicas: Int?, _ rules: TargetRules = TargetRules(), activity: ActivityRules? = nil,
    memory: Decision.Memory = Decision.Memory(), missing: Bool = false,
    learning: Bool = false, limits: [Decision.AppliedLimit] = []
  ) -> TargetWish {
    let name = ResourceName(namespace: "shop", name: "calendar")
    var policy = Policy(name: name, signals: [])
    policy.scaling = rules
    policy.activity = activity
    let outcome: Decision.Outcome =
      replicas.map { .replicas($0) } ?? .unavailable(reason: "the signal is lost")
    return TargetWish(
      policy,
      Decision(
        policy: name, at: wallClock, outcome: outcome,
        contributions: (missing
          ? [Contribution(signal: "live", kind: .prometheus, state: .unknown)] : [])
          + (learning
            ? [
              Contribution(signal: "learnt", kind: .forecast, state: .silent, isBeingLearnt: true)
            ] : []),
        winner: nil, appliedLimits: limits, validUntil: .distantFuture, memory: memory))
  }
}

extension TargetController {
  /// A controller that leads and looks at its target.
  static func looking(
    _ wish: TargetWish, check: Duration = .seconds(60), cooldown: Duration = .seconds(60),
    isDryRun: Bool = false, pausesScaledObjects: Bool = true
  ) -> TargetController {
    var controller = TargetController(
      target: checkout,
      settings: Settings(
        checkInterval: check, cooldown: cooldown, isDryRun: isDryRun,
        pausesScaledObjects: pausesScaledObjects),
      wish: wish)
    _ = controller.leadershipGained()
    return controller
  }

  mutating func sees(
    _ replicas: Int, at seconds: Int64, owner: String? = nil, paused: Bool? = nil
  ) -> Response {
    observed(
      TargetObservation(
        replicas: replicas, resourceVersion: "7", owner: owner, isAutoscalerPaused: paused),
      now: .seconds(seconds), wallClock: wallClock)
  }

  mutating func hasWritten(at seconds: Int64) -> Response {
    written(now: .seconds(seconds), wallClock: wallClock)
  }

  mutating func fails(_ kind: TargetFailure.Kind, at seconds: Int64) -> Response {
    writeFailed(
      TargetFailure(kind, "no luck"), now: .seconds(seconds), wallClock: wallClock)
  }
}

/// The order to set a count.
func write(_ replicas: Int?, _ change: TargetStep.AutoscalerChange? = nil)
  -> TargetController.Order
{
  .write(TargetStep(replicas: replicas, autoscaler: change), resourceVersion: "7")
}
