/// The answer for one policy at one instant, with everything that explains it.
///
/// There is one for each of 100,000 policies, so that what is stored of it is compact.
package struct Decision: Hashable, Sendable {
  package var policy: ResourceName
  /// When it was made.
  package var at: Instant
  package var outcome: Outcome {
    get { replicas.map { .replicas($0) } ?? .unavailable(reason: unavailability ?? "") }
    set {
      switch newValue {
      case .replicas(let count):
        storedReplicas = CompactCount(count)
        unavailability = nil
      case .unavailable(let reason):
        storedReplicas = CompactCount(nil)
        unavailability = reason
      }
    }
  }
  private var storedReplicas = CompactCount(nil)
  @Rare private var unavailability: String?
  /// One per signal, in the policy's order.
  package var contributions: [Contribution]
  /// The signal whose demand is the answer, as an index into `contributions`; nil when a limit or
  /// the hold floor decided, or nothing did.
  package var winner: Int? {
    get { storedWinner < 0 ? nil : Int(storedWinner) }
    set { storedWinner = newValue.map { Int16(clamping: $0) } ?? -1 }
  }
  private var storedWinner: Int16
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
  package var replicas: Int? { storedReplicas.count }

  /// Replicas of 1 or more (design section 1); nil when unavailable.
  package var active: Bool? { replicas.map { $0 >= 1 } }

  package enum AppliedLimit: Hashable, Sendable {
    /// A schedule's `atMost`, by the names of signal and rule.
    case cap(signal: String, rule: String, replicas: Int)
    /// The last answer before an edit, while a required signal of the new form is unknown.
    case lastAnswer(replicas: Int)
    /// What being active asks for, because the workload was active, woken or new at `since`; nil
    /// for `until` while it is not known when it will be idle.
    case activity(replicas: Int, cause: Activity.Cause, since: Instant, until: Instant?)
    case minReplicas(Int)
    case maxReplicas(Int)
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

    package init(
      signals: [SignalMemory?] = [], floor: Int? = nil, activity: Activity? = nil
    ) {
      self.signals = signals
      self.floor = floor
      _activity = Rare(wrappedValue: activity)
    }
  }

  package init(
    policy: ResourceName, at: Instant, outcome: Outcome, contributions: [Contribution],
    winner: Int?, appliedLimits: [AppliedLimit], validUntil: Instant, memory: Memory
  ) {
    self.policy = policy
    self.at = at
    self.contributions = contributions
    storedWinner = winner.map { Int16(clamping: $0) } ?? -1
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
  package var replicas: Int? {
    get { storedReplicas.count }
    set { storedReplicas = CompactCount(newValue) }
  }
  /// The first instant of the window at which that demand is in force; nil without one.
  package var peak: Instant? {
    get { storedPeak.instant }
    set { storedPeak = CompactInstant(newValue) }
  }
  /// A Prometheus signal's value, before the threshold: finite.
  package var value: Double? {
    get { storedValue.number }
    set { storedValue = CompactNumber(newValue) }
  }
  /// When the data was obtained (Prometheus) or generated (forecast); nil for a schedule.
  package var dataTime: Instant? {
    get { storedDataTime.instant }
    set { storedDataTime = CompactInstant(newValue) }
  }
  /// A schedule's rule at the peak; nil for its default.
  package var rule: String?
  /// Why the signal is not fresh, one sentence; nil when it is.
  @Rare package var problem: String?
  /// Since when a held signal is lost; nil for others.
  package var lostSince: Instant?
  /// Where what a held signal goes on asking was learnt; nil for others.
  package var origin: SignalMemory.Origin?
  private var storedReplicas: CompactCount
  private var storedPeak: CompactInstant
  private var storedValue: CompactNumber
  private var storedDataTime: CompactInstant

  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case forecast, schedule, prometheus
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
    lostSince: Instant? = nil, origin: SignalMemory.Origin? = nil
  ) {
    self.signal = signal
    self.kind = kind
    self.state = state
    storedReplicas = CompactCount(replicas)
    storedPeak = CompactInstant(peak)
    storedValue = CompactNumber(value)
    storedDataTime = CompactInstant(dataTime)
    self.rule = rule
    _problem = Rare(wrappedValue: problem)
    self.lostSince = lostSince
    self.origin = origin
  }
}
