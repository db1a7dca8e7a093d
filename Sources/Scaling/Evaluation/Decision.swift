package import Time

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
    guard case .replicas(let count) = outcome else { return nil }
    return count
  }

  /// Replicas of 1 or more (design section 1); nil when unavailable.
  package var active: Bool? { replicas.map { $0 >= 1 } }

  package enum AppliedLimit: Hashable, Sendable {
    /// A schedule's relative replicas.
    case increase(Increase)
    /// A schedule's `atMost`, by the names of signal and rule.
    case cap(signal: String, rule: String, replicas: Int)
    /// The last answer before an edit, while a required signal of the new form is unknown.
    case lastAnswer(replicas: Int)
    /// What being active asks for, because the workload was active, woken or new at `since`; nil
    /// for `until` while it is not known when it will be idle.
    case activity(replicas: Int, cause: Activity.Cause, since: Instant, until: Instant?)
    /// An override that is in force, also where it changes nothing.
    case override(Override.Bounds, until: Instant, reason: String)
    case minReplicas(Int)
    case maxReplicas(Int)
  }

  /// What a rule with relative replicas made of what a signal asks for.
  package struct Increase: Hashable, Sendable {
    /// The schedule, and its rule.
    package var signal: String
    package var rule: String
    package var by: RelativeReplicas
    /// The signal that is raised, by its name, and what it asks for at the instant `at`.
    package var asker: String
    package var asked: Int
    package var at: Instant
    /// Before caps and limits.
    package var replicas: Int
  }

  /// What each signal last asked, what is kept over an edit, and the last activity.
  package struct Memory: Hashable, Sendable {
    /// One for each signal, in the policy's order; nil for one of which nothing was ever known. May
    /// be shorter than the policy.
    package var signals: [SignalMemory?]
    /// The last answer before an edit, which is not left until every required signal of the new
    /// form is known; nil when there is none.
    package var floor: Int?
    /// Nil before the first decision of a policy with `ActivityRules`, and for others unless they
    /// were woken.
    @Rare package var activity: Activity?
    /// The policy's overrides, in the order in which they apply; nil for none. The engine gives them,
    /// and keeps them elsewhere.
    @Rare package var overrides: [Override]?

    package init(
      signals: [SignalMemory?] = [], floor: Int? = nil, activity: Activity? = nil,
      overrides: [Override]? = nil
    ) {
      self.signals = signals
      self.floor = floor
      _activity = Rare(wrappedValue: activity)
      _overrides = Rare(wrappedValue: overrides)
    }
  }

  package init(
    policy: ResourceName, at: Instant, outcome: Outcome, contributions: [Contribution],
    winner: Int?, appliedLimits: [AppliedLimit], validUntil: Instant, memory: Memory
  ) {
    self.policy = policy
    self.at = at
    self.contributions = contributions
    self.winner = winner
    self.appliedLimits = appliedLimits
    self.validUntil = validUntil
    self.memory = memory
    self.outcome = outcome
  }
}

/// What one signal asks for within the lead window.
package struct Contribution: Hashable, Sendable {
  package var signal: String
  package var kind: Kind
  package var state: State
  /// The highest demand within this signal's window; nil for one that takes no part.
  package var replicas: Int?
  /// The first instant of the window at which that demand is in force; nil without one.
  package var peak: Instant?
  /// A Prometheus signal's value, before the threshold: finite.
  package var value: Double?
  /// When the data was obtained (Prometheus) or generated (forecast); nil for a schedule.
  package var dataTime: Instant?
  /// A schedule's rule at the peak; nil for its default.
  package var rule: String?
  /// Why the signal is not fresh, one sentence; nil when it is.
  package var problem: String?
  /// What a built-in forecast tells of itself; its only step is the one of the peak.
  @Rare package var forecast: ForecastAccount?
  /// Since when a held signal is lost; nil for others.
  package var lostSince: Instant?
  /// Where what a held signal goes on asking was learnt; nil for others.
  package var origin: SignalMemory.Origin?
  /// Shown, but without a part in the decision.
  package var isObserved: Bool
  /// Whether it is silent only until its history has been read, and takes part then.
  package var isBeingLearnt: Bool

  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case forecast, schedule, prometheus, http
  }

  /// What is known of a signal (design, section 1, "Reading").
  package enum State: String, Hashable, Sendable, CaseIterable {
    /// Read, and not too old.
    case fresh
    /// Lost: it goes on asking for what it last asked.
    case held
    /// Its source answers that it knows nothing of it: it takes no part, and prevents nothing.
    case silent
    /// Nothing was ever read, or its hold is over.
    case unknown
  }

  package init(
    signal: String, kind: Kind, state: State, replicas: Int? = nil, peak: Instant? = nil,
    value: Double? = nil, dataTime: Instant? = nil, rule: String? = nil, problem: String? = nil,
    lostSince: Instant? = nil, origin: SignalMemory.Origin? = nil, isObserved: Bool = false,
    isBeingLearnt: Bool = false, forecast: ForecastAccount? = nil
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
    self.lostSince = lostSince
    self.origin = origin
    self.isObserved = isObserved
    self.isBeingLearnt = isBeingLearnt
    _forecast = Rare(wrappedValue: forecast)
  }

  /// Whether nothing is known of a signal that takes part.
  package var isMissing: Bool { state == .unknown && !isObserved }
}
