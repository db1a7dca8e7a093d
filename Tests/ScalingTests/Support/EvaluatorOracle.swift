internal import Scaling

/// Design section 1, read literally: looks at every second of the lead window.
///
/// Right for policies and readings on whole seconds only.
struct EvaluatorOracle {
  let policy: Policy
  let readings: [SignalReading]
  let memory: Decision.Memory
  let now: Instant

  /// Nil for unavailable.
  func replicas() -> Int? {
    let incomplete = policy.signals.indices.filter { !isAvailable($0) }
    if incomplete.contains(where: { policy.signals[$0].required }) { return nil }
    if incomplete.count == policy.signals.count { return nil }

    var floor = 0
    if !incomplete.isEmpty, let last = memory.lastCompleteReplicas {
      let since = min(memory.incompleteSince ?? now, now)
      if now < since + policy.hold { floor = last }
    }
    let longest = policy.signals.map(leadTime(of:)).max() ?? .zero
    var answer = 0
    var loosest = 0
    for instant in instants(leadTime: longest) {
      let cap = cap(at: instant)
      loosest = max(loosest, cap)
      var demand = floor
      for index in policy.signals.indices where !incomplete.contains(index) {
        if instants(leadTime: leadTime(of: policy.signals[index])).contains(instant) {
          demand = max(demand, self.demand(of: index, at: instant) ?? 0)
        }
      }
      answer = max(answer, min(demand, cap))
    }
    answer = max(answer, policy.limits.minReplicas)
    if let maxReplicas = policy.limits.maxReplicas { answer = min(answer, maxReplicas) }
    let zeroIsWanted = loosest == 0 || policy.limits.maxReplicas == 0
    return answer == 0 && !incomplete.isEmpty && !zeroIsWanted ? nil : answer
  }

  private func leadTime(of signal: Signal) -> Duration { signal.leadTime ?? policy.leadTime }

  /// The present instant, and every second after it within the lead time.
  private func instants(leadTime: Duration) -> StrideTo<Int64> {
    let length = max(leadTime.milliseconds, 1)
    return stride(from: now.milliseconds, to: now.milliseconds + length, by: 1000)
  }

  private func isAvailable(_ index: Int) -> Bool {
    switch (policy.signals[index].kind, readings[index]) {
    case (.forecast(let signal), .forecast(let reading?)):
      guard case .forecast(let series)? = reading.value else { return false }
      let leadTime = leadTime(of: policy.signals[index])
      let maxAge = signal.maxAge ?? (leadTime == .zero ? .seconds(300) : leadTime) * 2
      let stale = min(series.generatedAt + maxAge, reading.staleSince ?? .distantFuture)
      return now < stale + policy.hold
        && instants(leadTime: leadTime).contains { demand(of: index, at: $0) != nil }
    case (.prometheus(let signal), .prometheus(let reading?, let uptime)):
      guard case .sample? = reading.value, isHeld(reading) else { return false }
      guard demand(of: index, at: now.milliseconds) == 0, signal.uptimeFilter != nil else {
        return true
      }
      return uptime?.value == .sample(1) && uptime.map(isHeld) == true
    case (.schedule, .schedule): return true
    default: return false
    }
  }

  private func isHeld(_ reading: Reading) -> Bool {
    reading.failure.map { now < $0.since + policy.hold } ?? true
  }

  private func demand(of index: Int, at instant: Int64) -> Int? {
    switch (policy.signals[index].kind, readings[index]) {
    case (_, .schedule(let timeline)):
      return timeline.steps.last { $0.start.milliseconds <= instant }?.replicas
    case (_, .forecast(let reading)):
      guard case .forecast(let series)? = reading?.value,
        instant >= series.generatedAt.milliseconds
      else { return nil }
      let step = (instant - series.generatedAt.milliseconds) / series.step.milliseconds
      return step < series.replicas.count ? series.replicas[Int(step)] : nil
    case (.prometheus(let signal), .prometheus(let reading, _)):
      guard case .sample(let value)? = reading?.value else { return nil }
      return value <= signal.activationThreshold ? 0 : Int((value / signal.threshold).rounded(.up))
    default: return nil
    }
  }

  private func cap(at instant: Int64) -> Int {
    var cap = Int.max
    for case .schedule(let timeline) in readings {
      cap = min(cap, timeline.steps.last { $0.start.milliseconds <= instant }?.cap ?? .max)
    }
    return cap
  }
}
