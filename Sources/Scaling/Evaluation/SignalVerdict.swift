internal import Time

/// What one signal asks for: what was read of it, or else what it last asked (design, section 1,
/// "When a signal is missing").
struct SignalVerdict {
  /// What was read of it.
  let assessment: SignalAssessment
  var state: Contribution.State
  /// What counts in the maximum, and its highest point within the signal's window; nil for a signal
  /// that takes no part.
  var demand: Demand?
  var peak: Demand.Peak?
  /// Why the signal is not fresh, one sentence; nil when it is.
  var problem: String?

  /// - Parameters:
  ///   - memory: what the signal asked last, and after this what is remembered of it from now on; nil
  ///     while nothing was ever known.
  ///   - hold: how long a lost signal goes on asking for that.
  init(
    _ assessment: SignalAssessment, memory: inout SignalMemory?, hold: Hold,
    window: LeadWindow, changes: inout NextChange
  ) {
    self.assessment = assessment
    problem = assessment.problem
    switch assessment.knowledge {
    case .fresh(let demand):
      guard let peak = demand.peak(from: window.from, to: window.to) else {
        state = .unknown
        return
      }
      state = .fresh
      self.demand = demand
      self.peak = peak
      memory = SignalMemory(
        replicas: peak.replicas, value: assessment.value, series: demand.series,
        readAt: assessment.readAt ?? window.from, evidence: assessment.evidence)
    case .atLeast(let replicas):
      state = .unknown
      // The bound of an answer in part says what is asked at least, never what is asked first.
      guard memory != nil else { return }
      keep(&memory, series: nil, hold: hold, window: window, changes: &changes)
      guard let peak, replicas > peak.replicas else { return }
      self.peak = Demand.Peak(replicas: replicas, at: window.from)
      self.demand = .constant(replicas)
      memory?.replicas = replicas
      memory?.value = assessment.value
      memory?.series = nil
      // It is what the signal's own form asks, and a whole reading that is older says less.
      memory?.definition = nil
      memory?.origin = .source
      memory?.readAt = window.from
    case .silent:
      state = .silent
      guard memory != nil else { return }
      keep(&memory, series: nil, hold: hold, window: window, changes: &changes)
    case .lost(let demand):
      state = .unknown
      if memory == nil, let demand, let peak = demand.peak(from: window.from, to: window.to) {
        // Lost when it was first looked at, with something to say all the same: a stale snapshot.
        memory = SignalMemory(
          replicas: peak.replicas, value: assessment.value, series: demand.series,
          readAt: assessment.readAt ?? window.from)
      }
      keep(&memory, series: demand?.series, hold: hold, window: window, changes: &changes)
    }
  }

  /// Goes on asking for what the signal last asked, for as long as `hold` lets it.
  private mutating func keep(
    _ memory: inout SignalMemory?, series: ForecastSeries?, hold: Hold, window: LeadWindow,
    changes: inout NextChange
  ) {
    guard var kept = memory else { return }
    let now = window.from
    // A clock that was set back must not prolong the hold.
    let since = min(kept.lostSince ?? assessment.failingSince ?? now, now)
    kept.lostSince = since
    if let evidence = assessment.evidence { kept.evidence = evidence }
    defer { memory = kept }

    let end = hold.end(from: since)
    guard now < end else {
      state = .unknown
      problem =
        "lost since \(since.rfc3339), longer than the hold of \(hold.text): \(problem ?? "")"
      return
    }
    changes.note(end)
    state = .held
    let isOwnNewer = series.map { kept.isOlder(than: $0) } ?? false
    let candidates = isOwnNewer ? [series, kept.series] : [kept.series, series]
    for case let candidate? in candidates
    where SignalAssessment.note(candidate, window: window, changes: &changes) {
      guard let found = Demand.series(candidate).peak(from: window.from, to: window.to) else {
        continue
      }
      if candidate == series, candidate != kept.series {
        kept.definition = nil
        kept.origin = .source
      }
      kept.replicas = found.replicas
      kept.series = candidate
      demand = .series(candidate)
      peak = found
      return
    }
    demand = .constant(kept.replicas)
    peak = Demand.Peak(replicas: kept.replicas, at: now)
  }
}

extension SignalMemory {
  /// Whether a snapshot that was read here is newer than what is remembered, which another replica
  /// may have read.
  fileprivate func isOlder(than other: ForecastSeries) -> Bool {
    guard definition == nil, let series else { return true }
    return series.generatedAt < other.generatedAt
  }
}
