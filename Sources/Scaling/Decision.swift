/// The answer for one policy at one instant, with everything that explains it.
package struct Decision: Hashable, Sendable {
  package var policy: ResourceName
  /// When it was made.
  package var at: Instant
  package var outcome: Outcome
  /// One per signal, in the policy's order.
  package var contributions: [Contribution]
  /// The signal whose demand is the answer, as an index into `contributions`; nil when a limit or
  /// the hold floor decided, or nothing did.
  package var winner: Int?
  /// The limits that changed the answer, in the order in which they were applied.
  package var appliedLimits: [AppliedLimit]
  /// Until when this decision stands if no reading changes; the evaluator is asked again then.
  /// Often the answer will turn out the same: `Evaluator.nextChange` finds the first that differs.
  package var validUntil: Instant
  /// What the next decision has to know of the past.
  package var memory: Memory

  package enum Outcome: Hashable, Sendable {
    /// 0 or more.
    case replicas(Int)
    /// No number can be trusted. The reason is one actionable sentence.
    case unavailable(reason: String)
  }

  /// Nil when unavailable.
  package var replicas: Int? {
    switch outcome {
    case .replicas(let count): count
    case .unavailable: nil
    }
  }

  /// Replicas of 1 or more (design section 1); nil when unavailable.
  package var active: Bool? { replicas.map { $0 >= 1 } }

  package enum AppliedLimit: Hashable, Sendable {
    /// A schedule's `atMost`, by the names of signal and rule.
    case cap(signal: String, rule: String, replicas: Int)
    /// The last complete decision, while a signal is missing.
    case hold(replicas: Int, until: Instant)
    /// What being active asks for, because the workload was active, woken or new at `since`; nil
    /// for `until` while it is not known when it will be idle.
    case activity(replicas: Int, cause: Activity.Cause, since: Instant, until: Instant?)
    case minReplicas(Int)
    case maxReplicas(Int)
  }

  /// The last complete decision, since when decisions have been incomplete, and the last activity.
  package struct Memory: Hashable, Sendable {
    package var lastCompleteReplicas: Int?
    /// Nil while the decision is complete.
    package var incompleteSince: Instant?
    /// Nil before the first decision of a policy with `ActivityRules`, and for others unless they
    /// were woken.
    package var activity: Activity?

    package init(
      lastCompleteReplicas: Int? = nil, incompleteSince: Instant? = nil,
      activity: Activity? = nil
    ) {
      self.lastCompleteReplicas = lastCompleteReplicas
      self.incompleteSince = incompleteSince
      self.activity = activity
    }
  }

  package init(
    policy: ResourceName, at: Instant, outcome: Outcome, contributions: [Contribution],
    winner: Int?, appliedLimits: [AppliedLimit], validUntil: Instant, memory: Memory
  ) {
    self.policy = policy
    self.at = at
    self.outcome = outcome
    self.contributions = contributions
    self.winner = winner
    self.appliedLimits = appliedLimits
    self.validUntil = validUntil
    self.memory = memory
  }
}

/// What one signal asks for within the lead window.
package struct Contribution: Hashable, Sendable {
  package var signal: String
  package var kind: Kind
  package var state: State
  /// The highest demand within this signal's window; nil when unavailable.
  package var replicas: Int?
  /// The first instant of the window at which that demand is in force; nil when unavailable.
  package var peak: Instant?
  /// A Prometheus signal's value, before the threshold.
  package var value: Double?
  /// When the data was obtained (Prometheus) or generated (forecast); nil for a schedule.
  package var dataTime: Instant?
  /// A schedule's rule at the peak; nil for its default.
  package var rule: String?
  /// Why the signal is not fresh, one sentence; nil when it is.
  package var problem: String?

  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case forecast, schedule, prometheus
  }

  package enum State: String, Hashable, Sendable, CaseIterable {
    case fresh, held, unavailable
  }

  package init(
    signal: String, kind: Kind, state: State, replicas: Int? = nil, peak: Instant? = nil,
    value: Double? = nil, dataTime: Instant? = nil, rule: String? = nil, problem: String? = nil
  ) {
    self.signal = signal
    self.kind = kind
    self.state = state
    self.replicas = replicas
    self.peak = peak
    self.value = value
    self.dataTime = dataTime
    self.rule = rule
    self.problem = problem
  }
}
