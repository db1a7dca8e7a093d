internal import Time

/// One run of the evaluator: the signals one after the other, each times the factors of rules and
/// under their caps, then what is kept over an edit, activity and the limits.
struct Evaluation {
  private let policy: Policy
  private let readings: [SignalReading]
  private var memory: Decision.Memory
  private let now: Instant
  /// The longest of the signals' windows; factors and caps apply over all of it.
  private let overall: LeadWindow
  private let longestLeadTime: Duration
  /// Nil when no factor and no cap is in force in the window.
  private let rules: RuleProfile?
  private var changes: NextChange
  private var contributions: [Contribution] = []
  /// The first required signal of which nothing is known, as an index.
  private var missing: Int?
  /// Whether the history of a required signal is still being read.
  private var isLearning = false
  /// Whether every signal is fresh, or known to know nothing.
  private var isKnown = true
  /// The highest demand before the caps, the first of equals.
  private var highest: ShapedPeak?
  /// The signal that decides after the caps, and its demand then.
  private var winner: (signal: Int, peak: ShapedPeak)?

  init(policy: Policy, readings: [SignalReading], memory: Decision.Memory, now: Instant) {
    self.policy = policy
    self.readings = readings
    self.memory = memory
    self.now = now
    longestLeadTime = policy.leadWindow
    overall = LeadWindow(from: now, leadTime: longestLeadTime)
    rules = RuleProfile(readings: Self.shaping(readings, policy), window: overall)
    changes = NextChange(after: now)
    contributions.reserveCapacity(policy.signals.count)
    self.memory.signals.resize(to: policy.signals.count)
  }

  /// The readings of the signals that take part: an observed schedule raises and caps nothing.
  private static func shaping(
    _ readings: [SignalReading], _ policy: Policy
  ) -> ArraySlice<SignalReading> {
    guard policy.signals.contains(where: \.observe) else {
      return readings.prefix(policy.signals.count)
    }
    return ArraySlice(
      zip(policy.signals, readings).map { $0.observe ? .unreadable("observed") : $1 })
  }

  // MARK: Signals

  mutating func assessSignals() {
    for index in policy.signals.indices {
      let leadTime = policy.signals[index].leadTime ?? policy.leadTime
      // Signals seldom have a lead time of their own, and converting it takes 200 instructions.
      let own =
        leadTime == longestLeadTime ? overall : LeadWindow(from: now, leadTime: leadTime)
      let verdict = SignalVerdict(
        assess(index, leadTime: leadTime, own: own), memory: &memory.signals[index],
        hold: policy.signals[index].hold ?? policy.hold, window: own, changes: &changes)
      append(verdict, signal: index)
      guard !policy.signals[index].observe else { continue }
      switch verdict.state {
      case .fresh: break
      case .silent:
        if verdict.assessment.isBeingLearnt, policy.signals[index].required { isLearning = true }
      case .held: isKnown = false
      case .unknown:
        isKnown = false
        if policy.signals[index].required { missing = missing ?? index }
      }
      if let demand = verdict.demand, let peak = verdict.peak {
        weigh(demand, peak: peak, signal: index, window: own)
      }
    }
  }

  private mutating func assess(
    _ index: Int, leadTime: Duration, own: LeadWindow
  ) -> SignalAssessment {
    guard index < readings.count else { return .unread(nil) }
    if case .unreadable(let reason) = readings[index] {
      return SignalAssessment(knowledge: .lost(nil), problem: reason)
    }
    // One after the other: a pair of both would be a copy of both.
    switch policy.signals[index].kind {
    case .schedule:
      guard case .schedule(let timeline) = readings[index] else { return .unread(nil) }
      return SignalAssessment(timeline: timeline, own: own, overall: overall, changes: &changes)
    case .forecast(let signal):
      guard case .forecast(let reading) = readings[index] else { return .unread(nil) }
      return SignalAssessment(
        forecast: signal, reading: reading, leadTime: leadTime, window: own, changes: &changes)
    case .prometheus(let signal):
      guard case .prometheus(let reading, let uptime, let evidence) = readings[index] else {
        return .unread(nil)
      }
      return SignalAssessment(
        prometheus: signal, reading: reading, uptime: uptime, evidence: evidence,
        memory: memory.signals[index], window: own, changes: &changes)
    }
  }

  private mutating func append(_ verdict: SignalVerdict, signal: Int) {
    contributions.append(
      Contribution(
        signal: policy.signals[signal].name, kind: policy.signals[signal].kind.contribution,
        state: verdict.state, replicas: verdict.peak?.replicas, peak: verdict.peak?.at,
        value: verdict.assessment.value, dataTime: verdict.assessment.dataTime,
        rule: verdict.peak?.rule.flatMap { ruleName($0, ofSignal: signal) },
        problem: verdict.problem, isObserved: policy.signals[signal].observe,
        isBeingLearnt: verdict.state == .silent && verdict.assessment.isBeingLearnt))
    if verdict.state == .held, let kept = memory.signals[signal] {
      contributions[signal].value = kept.value
      contributions[signal].dataTime = kept.dataTime
      contributions[signal].lostSince = kept.lostSince
      contributions[signal].origin = kept.origin
    }
    if let account = verdict.assessment.account {
      contributions[signal].forecast = account.value.at(
        verdict.peak?.at, of: verdict.demand?.series)
    }
  }

  /// Compares one demand with those before it, before and after the caps.
  private mutating func weigh(
    _ demand: Demand, peak: Demand.Peak, signal: Int, window: LeadWindow
  ) {
    var answer = ShapedPeak(peak)
    var uncapped = answer
    if let rules {
      for piece in rules.pieces where piece.from >= window.to {
        changes.note(window.entry(of: piece.from))
        break
      }
      if let found = rules.peaks(of: demand, from: window.from, to: window.to) {
        (answer, uncapped) = found
      }
    }
    if uncapped.raised > highest?.raised ?? -1 { highest = uncapped }
    if let best = winner?.peak, (answer.replicas, answer.raised) <= (best.replicas, best.raised) {
      return
    }
    winner = (signal, answer)
  }

  // MARK: Answer

  mutating func decision() -> Decision {
    let activity = activityFloor()
    let overrides = runningOverrides()
    if missing == nil, !isLearning { memory.floor = nil }
    if memory.floor == nil, let missing {
      return certain(activity, overrides)
        ?? unavailable("the required signal \(contributions[missing].absence)")
    }
    guard winner != nil || memory.floor != nil else {
      return certain(activity, overrides) ?? unavailable(nothingKnown)
    }

    var answer = winner?.peak.replicas ?? 0
    var winningSignal: Int? = winner?.signal
    var applied: [Decision.AppliedLimit] = []
    if let winner, let increase = increase(of: winner.peak, asker: winner.signal) {
      applied.append(increase)
    }
    if let cap = decidingCap() { applied.append(cap) }

    if let floor = memory.floor {
      let loosest = rules?.loosest
      let bounded = min(floor, loosest?.cap ?? .max)
      if bounded > answer {
        let kept = Decision.AppliedLimit.lastAnswer(replicas: floor)
        if bounded < floor, let cap = appliedCap(loosest?.capSource) {
          applied = [kept, cap]
        } else {
          applied.append(kept)
        }
        answer = bounded
        winningSignal = nil
      }
    }
    if let activity, min(activity.replicas, rules?.loosest.cap ?? .max) > answer {
      answer = min(activity.replicas, rules?.loosest.cap ?? .max)
      applied.append(activity.limit)
      winningSignal = nil
    }
    let demanded = answer
    override(&answer, by: overrides, applied: &applied)
    limit(&answer, applied: &applied)
    if answer > demanded { winningSignal = nil }
    return make(.replicas(answer), winner: winningSignal, applied: applied)
  }

  private func limit(_ answer: inout Int, applied: inout [Decision.AppliedLimit]) {
    if answer < policy.limits.minReplicas {
      answer = policy.limits.minReplicas
      applied.append(.minReplicas(answer))
    }
    if let maxReplicas = policy.limits.maxReplicas, answer > maxReplicas {
      answer = maxReplicas
      applied.append(.maxReplicas(answer))
    }
  }

  // MARK: Overrides

  private mutating func runningOverrides() -> [Override] {
    guard let overrides = memory.$overrides?.value else { return [] }
    let running = overrides.filter { $0.isRunning(at: now) }
    for override in running { changes.note(override.until) }
    return running
  }

  private func override(
    _ answer: inout Int, by overrides: [Override], applied: inout [Decision.AppliedLimit]
  ) {
    for override in overrides {
      answer = override.bounds.applied(to: answer)
      applied.append(.override(override.bounds, until: override.until, reason: override.reason))
    }
  }

  // MARK: Activity

  /// Sees what the signals say of the workload's activity, and remembers it.
  ///
  /// - Returns: nil for a workload that is idle, and for a policy that does not care.
  private mutating func activityFloor() -> ActivityFloor? {
    // Most policies have no such rules, and no wake-up.
    guard policy.$activity != nil || memory.$activity != nil else { return nil }
    let signals: SignalActivity =
      if winner.map({ $0.peak.replicas > 0 }) ?? false { .demanding } else {
        isKnown ? .quiet : .unknown
      }
    let (remembered, floor) = policy.activityFloor(
      signals, remembered: memory.activity, at: now, changes: &changes)
    memory.activity = remembered
    return floor
  }

  /// What a wake-up or an override asks for though a required signal is unknown: no less than what
  /// the signals ask and last asked, because missing data never scales anything down.
  ///
  /// - Returns: nil where neither says how much is needed at least.
  private func certain(_ activity: ActivityFloor?, _ overrides: [Override]) -> Decision? {
    let activity = activity.flatMap { $0.isCertain ? $0 : nil }
    guard activity != nil || overrides.contains(where: { $0.bounds.lower != nil }) else {
      return nil
    }
    var last = Demand.Peak(replicas: 0, at: now)
    var asker: Int?
    for (index, signal) in policy.signals.enumerated() where !signal.observe {
      guard let kept = memory.signals[index]?.replicas, kept > last.replicas else { continue }
      last.replicas = kept
      asker = index
    }
    let asked =
      rules?.peaks(of: .constant(last.replicas), from: overall.from, to: overall.to)?.answer
      ?? ShapedPeak(last)
    let woken = min(activity?.replicas ?? 0, rules?.loosest.cap ?? .max)
    var answer = max(woken, asked.replicas)
    var applied: [Decision.AppliedLimit] = []
    if asked.replicas > woken, let asker, let increase = increase(of: asked, asker: asker) {
      applied.append(increase)
    }
    if let activity { applied.append(activity.limit) }
    override(&answer, by: overrides, applied: &applied)
    limit(&answer, applied: &applied)
    return make(.replicas(answer), winner: nil, applied: applied)
  }

  // MARK: Factors and caps

  /// The rule that raised a demand; nil for none.
  private func increase(of peak: ShapedPeak, asker: Int) -> Decision.AppliedLimit? {
    guard let source = peak.increase, let rule = ruleName(source.rule, ofSignal: source.signal),
      let by = rules?.piece(at: peak.at).increase
    else { return nil }
    return .increase(
      Decision.Increase(
        signal: policy.signals[source.signal].name, rule: rule, by: by,
        asker: policy.signals[asker].name, asked: peak.asked, at: peak.at, replicas: peak.raised))
  }

  /// The cap that made the answer lower than the demands are; nil for none.
  private func decidingCap() -> Decision.AppliedLimit? {
    guard let winner = winner?.peak, let highest, winner.replicas < highest.raised else {
      return nil
    }
    // Or the answer comes from an instant without a cap, because one is in force at the peak.
    return appliedCap(winner.replicas < winner.raised ? winner.cap : highest.cap)
  }

  private func appliedCap(_ source: RuleIndex?) -> Decision.AppliedLimit? {
    guard let source, case .schedule(let schedule) = policy.signals[source.signal].kind,
      schedule.rules.indices.contains(source.rule)
    else { return nil }
    let rule = schedule.rules[source.rule]
    return .cap(
      signal: policy.signals[source.signal].name, rule: rule.name, replicas: rule.atMost ?? 0)
  }

  private func ruleName(_ rule: Int, ofSignal signal: Int) -> String? {
    guard case .schedule(let schedule) = policy.signals[signal].kind,
      schedule.rules.indices.contains(rule)
    else { return nil }
    return schedule.rules[rule].name
  }

  // MARK: Result

  /// Why there is no number where no signal that takes part is required.
  private var nothingKnown: String {
    let parts = contributions.filter { !$0.isObserved }
    guard let first = parts.first else {
      return contributions.isEmpty
        ? "the policy has no signals" : "all of the policy's signals are observed only"
    }
    if parts.count == 1 { return "the signal \(first.absence)" }
    return "no signal knows anything: " + parts.map(\.absence).joined(separator: "; ")
  }

  private func unavailable(_ reason: String) -> Decision {
    make(.unavailable(reason: reason), winner: nil, applied: [])
  }

  private func make(
    _ outcome: Decision.Outcome, winner: Int?, applied: [Decision.AppliedLimit]
  ) -> Decision {
    Decision(
      policy: policy.name, at: now, outcome: outcome, contributions: contributions,
      winner: winner, appliedLimits: applied, validUntil: changes.earliest, memory: memory)
  }
}

extension Contribution {
  /// `"live" is unknown: HTTP 500`.
  fileprivate var absence: String {
    "\"\(signal)\" is \(state.rawValue): \(problem ?? "no reason is known")"
  }
}

extension SignalMemory {
  /// When what is kept was generated (a forecast) or obtained.
  fileprivate var dataTime: Instant { series?.generatedAt ?? readAt }
}

extension [SignalMemory?] {
  /// One for each signal of the policy.
  fileprivate mutating func resize(to count: Int) {
    if self.count > count { removeLast(self.count - count) }
    reserveCapacity(count)
    while self.count < count { append(nil) }
  }
}

extension Signal.Kind {
  fileprivate var contribution: Contribution.Kind {
    switch self {
    case .forecast: .forecast
    case .schedule: .schedule
    case .prometheus(let signal): signal.$json == nil ? .prometheus : .http
    }
  }
}
