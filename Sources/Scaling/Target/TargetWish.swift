/// What a policy wants of its target, by its latest decision.
package struct TargetWish: Hashable, Sendable {
  package var policy: ResourceName
  package var rules: TargetRules
  package var decision: Decision
  /// 0 to what Kubernetes can count; nil to leave the target as it is, because too little is known.
  package var replicas: Int?
  /// Whether the target may lose replicas: not while a signal is missing that might ask for them.
  package var mayLower: Bool

  package init(_ policy: Policy, _ decision: Decision) {
    self.init(
      policy: policy.name, rules: policy.scaling, decision: decision,
      replicas: decision.isFirstSight(of: policy) ? nil : decision.countableReplicas,
      mayLower: decision.isCertainUpwards)
  }

  private init(
    policy: ResourceName, rules: TargetRules, decision: Decision, replicas: Int?, mayLower: Bool
  ) {
    self.policy = policy
    self.rules = rules
    self.decision = decision
    self.replicas = replicas
    self.mayLower = mayLower
  }

  /// The next step towards what is wanted; nil when nothing is to be done.
  package func step(from observed: TargetObservation) -> TargetStep? {
    guard let replicas else { return nil }
    var next =
      switch rules.extent {
      case .exactCount: gradual(from: observed.replicas, to: replicas)
      case .toAndFromZero: toOrFromZero(from: observed.replicas, to: replicas)
      }
    if !mayLower { next = max(next, observed.replicas) }
    let change = autoscalerChange(wanted: replicas, observed)
    guard next != observed.replicas || change != nil else { return nil }
    return TargetStep(
      replicas: next == observed.replicas ? nil : next, autoscaler: change)
  }

  /// Whether `replicas` is what the target would be left with.
  package func isReached(at count: Int) -> Bool {
    step(from: TargetObservation(replicas: count)).map { $0.replicas == nil } ?? true
  }

  /// Down by a share of what is there at most, but by one replica at least.
  private func gradual(from current: Int, to wanted: Int) -> Int {
    guard let percent = rules.maxDownPercentPerStep, wanted < current else { return wanted }
    let share = Int(Int64(min(current, Int(Int32.max))) * Int64(percent) / 100)
    return max(wanted, current - max(1, share))
  }

  /// Up raises and leaves more as it is; down is to zero or not at all. Where another autoscaler
  /// decides above zero, its count is left alone even below what the policy would raise to.
  private func toOrFromZero(from current: Int, to wanted: Int) -> Int {
    guard wanted > 0 else { return 0 }
    guard rules.autoscaler == .none || current == 0 else { return current }
    return max(current, wanted)
  }

  /// A ScaledObject would scale a workload up from zero that we have taken there, so it is paused
  /// for as long as that lasts.
  private func autoscalerChange(
    wanted: Int, _ observed: TargetObservation
  ) -> TargetStep.AutoscalerChange? {
    guard case .keda(let name) = rules.autoscaler, let isPaused = observed.isAutoscalerPaused
    else { return nil }
    if wanted == 0 { return isPaused || !mayLower ? nil : .pause(name) }
    return isPaused ? .resume(name) : nil
  }
}

extension Decision {
  /// Kubernetes counts in 32 bits.
  fileprivate var countableReplicas: Int? {
    guard let replicas else { return nil }
    return min(replicas, Int(Int32.max))
  }

  /// Whether the policy's workload is new, or Headstart is, so that nothing is known of its activity.
  fileprivate func isFirstSight(of policy: Policy) -> Bool {
    guard policy.activity != nil, case .observed = activityState(of: policy) else { return false }
    // A person knows what the target needs.
    return !appliedLimits.contains { if case .override = $0 { true } else { false } }
  }

  /// Whether nothing that is missing could ask for more than the answer: every signal is known or
  /// goes on asking, or a cap or an upper limit would hold whatever the missing ones said.
  fileprivate var isCertainUpwards: Bool {
    if !contributions.contains(where: { $0.isMissing || $0.isBeingLearnt && !$0.isObserved }) {
      return true
    }
    return appliedLimits.contains { limit in
      switch limit {
      case .cap(_, _, let count), .maxReplicas(let count): count == replicas
      case .override(let bounds, _, _): bounds.upper == replicas
      case .increase, .lastAnswer, .activity, .minReplicas: false
      }
    }
  }
}

/// What was seen of a target.
package struct TargetObservation: Hashable, Sendable {
  /// What is asked for, which need not be there yet.
  package var replicas: Int
  /// As of which state of the object; opaque.
  package var resourceVersion: String
  /// Who else scales it, such as `HorizontalPodAutoscaler shop/checkout`; nil for no one but the
  /// autoscaler that the policy itself names.
  package var owner: String?
  /// Whether the ScaledObject that the policy names is paused at zero; nil where there is none.
  package var isAutoscalerPaused: Bool?

  package init(
    replicas: Int, resourceVersion: String = "", owner: String? = nil,
    isAutoscalerPaused: Bool? = nil
  ) {
    self.replicas = replicas
    self.resourceVersion = resourceVersion
    self.owner = owner
    self.isAutoscalerPaused = isAutoscalerPaused
  }
}

/// One write, or two: the autoscaler first, so that it does not undo what follows.
package struct TargetStep: Hashable, Sendable {
  /// What to set the target to; nil to leave it.
  package var replicas: Int?
  package var autoscaler: AutoscalerChange?

  package enum AutoscalerChange: Hashable, Sendable {
    case pause(String)
    case resume(String)
  }

  package init(replicas: Int?, autoscaler: AutoscalerChange? = nil) {
    self.replicas = replicas
    self.autoscaler = autoscaler
  }
}

/// Why a target could not be read or written.
package struct TargetFailure: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The target has changed since it was read.
    case conflict
    /// Nothing helps but a change by people: a role, a quota, the kind of the target.
    case refused
    /// The API server wants to be left alone until then, by the monotonic clock.
    case throttled(until: Duration)
    /// No answer, or an error of the server.
    case unavailable
  }

  package var kind: Kind
  /// One sentence.
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}
