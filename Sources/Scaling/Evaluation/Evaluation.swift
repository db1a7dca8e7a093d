/// One run of the evaluator: the signals one after the other, then the caps, the hold floor and
/// the limits.
struct Evaluation {
  private let policy: Policy
  private let readings: [SignalReading]
  private var memory: Decision.Memory
  private let now: Instant
  /// The longest of the signals' windows; caps and the hold floor apply over all of it.
  private let overall: LeadWindow
  private let longestLeadTime: Duration
  /// Nil when no cap is in force in the window.
  private let caps: CapProfile?
  private var changes: NextChange
  private var contributions: [Contribution] = []
  private var isComplete = true
  /// Whether every signal is fresh.
  private var isHealthy = true
  /// The index of the contribution with the highest demand, the first of equals.
  private var highest: Int?
  /// The signal that decides after the caps, and its demand then.
  private var winner: (signal: Int, peak: BoundedPeak)?

  init(policy: Policy, readings: [SignalReading], memory: Decision.Memory, now: Instant) {
    self.policy = policy
    self.readings = readings
    self.memory = memory
    self.now = now
    longestLeadTime = policy.leadWindow
    overall = LeadWindow(from: now, leadTime: longestLeadTime)
    caps = CapProfile(readings: readings.prefix(policy.signals.count), window: overall)
    changes = NextChange(after: now)
    contributions.reserveCapacity(policy.signals.count)
  }

  // MARK: Signals

  mutating func assessSignals() {
    for index in policy.signals.indices {
      let leadTime = policy.leadTime(of: policy.signals[index])
      // Signals seldom have a lead time of their own, and converting it takes 200 instructions.
      let own =
        leadTime == longestLeadTime ? overall : LeadWindow(from: now, leadTime: leadTime)
      let assessment = assess(index, leadTime: leadTime, own: own)
      let peak = assessment.demand?.peak(from: own.from, to: own.to)
      append(assessment, peak: peak, signal: index)
      if assessment.state != .fresh { isHealthy = false }
      guard let demand = assessment.demand, let peak else {
        isComplete = false
        continue
      }
      weigh(demand, peak: peak, signal: index, window: own)
    }
  }

  private mutating func assess(
    _ index: Int, leadTime: Duration, own: LeadWindow
  ) -> SignalAssessment {
    guard index < readings.count else { return .unread(nil) }
    // One after the other: a pair of both would be a copy of both.
    switch policy.signals[index].kind {
    case .schedule:
      guard case .schedule(let timeline) = readings[index] else { return .unread(nil) }
      return SignalAssessment(timeline: timeline, own: own, overall: overall, changes: &changes)
    case .forecast(let signal):
      guard case .forecast(let reading) = readings[index] else { return .unread(nil) }
      return SignalAssessment(
        forecast: signal, reading: reading, leadTime: leadTime, hold: policy.hold, window: own,
        changes: &changes)
    case .prometheus(let signal):
      guard case .prometheus(let reading, let uptime) = readings[index] else {
        return .unread(nil)
      }
      return SignalAssessment(
        prometheus: signal, reading: reading, uptime: uptime, hold: policy.hold, window: own,
        changes: &changes)
    }
  }

  private mutating func append(_ assessment: SignalAssessment, peak: Demand.Peak?, signal: Int) {
    contributions.append(
      Contribution(
        signal: policy.signals[signal].name, kind: policy.signals[signal].contributionKind,
        state: assessment.state, replicas: peak?.replicas, peak: peak?.at,
        value: assessment.value, dataTime: assessment.dataTime,
        rule: peak?.rule.flatMap { ruleName($0, ofSignal: signal) }, problem: assessment.problem))
  }

  /// Compares one demand with those before it, as it is and after the caps.
  private mutating func weigh(
    _ demand: Demand, peak: Demand.Peak, signal: Int, window: LeadWindow
  ) {
    if peak.replicas > highest.flatMap({ contributions[$0].replicas }) ?? -1 { highest = signal }

    var bounded = BoundedPeak(replicas: peak.replicas, unbounded: peak.replicas)
    if let caps {
      for piece in caps.pieces where piece.from >= window.to {
        changes.note(window.entry(of: piece.from))
        break
      }
      if let found = caps.boundedPeak(of: demand, from: window.from, to: window.to) {
        bounded = found
      }
    }
    if let best = winner?.peak,
      (bounded.replicas, bounded.unbounded) <= (best.replicas, best.unbounded)
    {
      return
    }
    winner = (signal, bounded)
  }

  // MARK: Answer

  mutating func decision() -> Decision {
    let floor = holdFloor()
    let activity = activityFloor()
    if let reason = missingSignals() {
      if let activity, activity.isCertain { return certain(activity) }
      return unavailable(reason)
    }
    guard let winner, let highest else { return unavailable("the policy has no signals") }

    var answer = winner.peak.replicas
    var winningSignal: Int? = winner.signal
    var applied: [Decision.AppliedLimit] = []
    if let cap = decidingCap(winner: winner.peak, highest: highest) { applied.append(cap) }

    if let floor {
      let loosest = caps?.loosest
      let bounded = min(floor.replicas, loosest?.cap ?? .max)
      if bounded > answer {
        let hold = Decision.AppliedLimit.hold(replicas: floor.replicas, until: floor.until)
        if bounded < floor.replicas, let cap = appliedCap(loosest?.source) {
          applied = [hold, cap]
        } else {
          applied.append(hold)
        }
        answer = bounded
        winningSignal = nil
      }
    }
    if let activity, min(activity.replicas, caps?.loosest.cap ?? .max) > answer {
      answer = min(activity.replicas, caps?.loosest.cap ?? .max)
      applied.append(activity.limit)
      winningSignal = nil
    }
    let demanded = answer
    limit(&answer, applied: &applied)
    if answer > demanded { winningSignal = nil }
    if answer == 0, !isComplete, !zeroIsWanted {
      return unavailable(zeroWithoutData)
    }
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

  // MARK: Activity

  /// Sees what the signals say of the workload's activity, and remembers it.
  ///
  /// - Returns: nil for a workload that is idle, and for a policy that does not care.
  private mutating func activityFloor() -> ActivityFloor? {
    // Most policies have no such rules, and nobody wakes them.
    guard policy.activity != nil || memory.activity != nil else { return nil }
    let signals: SignalActivity =
      if winner.map({ $0.peak.replicas > 0 }) ?? false { .demanding } else {
        isHealthy ? .quiet : .unknown
      }
    let (remembered, floor) = policy.activityFloor(
      signals, remembered: memory.activity, at: now, changes: &changes)
    memory.activity = remembered
    return floor
  }

  /// What a wake-up asks for though nothing is known from the signals: no less than the last
  /// complete answer, because missing data never scales anything down.
  private mutating func certain(_ activity: ActivityFloor) -> Decision {
    var answer = min(
      max(activity.replicas, memory.lastCompleteReplicas ?? 0), caps?.loosest.cap ?? .max)
    var applied = [activity.limit]
    limit(&answer, applied: &applied)
    return make(.replicas(answer), winner: nil, applied: applied)
  }

  // MARK: Hold and caps

  /// The last complete decision, while signals are missing and `hold` has not run out.
  private mutating func holdFloor() -> (replicas: Int, until: Instant)? {
    guard !isComplete, let replicas = memory.lastCompleteReplicas else { return nil }
    let until = incompleteSince.advanced(by: policy.hold)
    changes.note(until)
    return now < until ? (replicas, until) : nil
  }

  /// A clock that was set back must not prolong the hold.
  private var incompleteSince: Instant {
    min(memory.incompleteSince ?? now, now)
  }

  /// The cap that made the answer lower than the demands are; nil for none.
  private func decidingCap(winner: BoundedPeak, highest: Int) -> Decision.AppliedLimit? {
    guard let caps, let demanded = contributions[highest].replicas, winner.replicas < demanded
    else { return nil }
    if winner.replicas < winner.unbounded { return appliedCap(winner.cap) }
    // The answer comes from an instant without a cap, because one is in force at the peak.
    return contributions[highest].peak.flatMap { appliedCap(caps.piece(at: $0).source) }
  }

  private func appliedCap(_ source: (signal: Int, rule: Int)?) -> Decision.AppliedLimit? {
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

  /// Missing data never scales to zero; only an explicit bound of zero does.
  private var zeroIsWanted: Bool {
    policy.limits.maxReplicas == 0 || caps?.loosest.cap == 0
  }

  // MARK: Missing signals

  /// Why no number can be trusted, when a required signal or all of them are missing.
  private func missingSignals() -> String? {
    guard !isComplete else { return nil }
    for (signal, contribution) in zip(policy.signals, contributions)
    where signal.required && contribution.state == .unavailable {
      return "the required signal \(contribution.unavailability)"
    }
    guard winner == nil else { return nil }
    if contributions.count == 1 { return "the signal \(contributions[0].unavailability)" }
    return "no signal is available: "
      + contributions.map(\.unavailability).joined(separator: "; ")
  }

  private var zeroWithoutData: String {
    let missing = contributions.filter { $0.state == .unavailable }
      .map(\.unavailability).joined(separator: "; ")
    return "the other signals ask for 0 replicas, which is not trusted while signal \(missing)"
  }

  private func unavailable(_ reason: String) -> Decision {
    make(.unavailable(reason: reason), winner: nil, applied: [])
  }

  private func make(
    _ outcome: Decision.Outcome, winner: Int?, applied: [Decision.AppliedLimit]
  ) -> Decision {
    var memory = memory
    if isComplete, case .replicas(let replicas) = outcome {
      memory.lastCompleteReplicas = replicas
      memory.incompleteSince = nil
    } else {
      memory.incompleteSince = incompleteSince
    }
    return Decision(
      policy: policy.name, at: now, outcome: outcome, contributions: contributions,
      winner: winner, appliedLimits: applied, validUntil: changes.earliest, memory: memory)
  }
}

extension Contribution {
  /// `"live" is unavailable: HTTP 500`.
  fileprivate var unavailability: String {
    "\"\(signal)\" is unavailable: \(problem ?? "no reason is known")"
  }
}

extension Signal {
  fileprivate var contributionKind: Contribution.Kind {
    switch kind {
    case .forecast: .forecast
    case .schedule: .schedule
    case .prometheus: .prometheus
    }
  }
}
