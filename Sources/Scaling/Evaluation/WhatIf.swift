package import Time

/// What the answer would be now if the policy were another.
package struct WhatIf: Hashable, Sendable {
  package var change: Change
  package var outcome: Decision.Outcome

  package enum Change: Hashable, Sendable {
    case withoutSignal(String)
    /// Every signal looks that far ahead.
    case leadTime(Duration)
  }

  package init(_ change: Change, outcome: Decision.Outcome) {
    self.change = change
    self.outcome = outcome
  }

  /// `without predicted`, `with a lead time of 5m`.
  package var sentence: String {
    switch change {
    case .withoutSignal(let name): "without \(name)"
    case .leadTime(let leadTime): "with a lead time of \(leadTime.text)"
    }
  }

  /// The policy without each of its signals, if it has several, and with half, twice, and the given
  /// lead times. Signals that are lost go on asking for what they last asked.
  ///
  /// - Parameter readings: schedules laid out for twice the policy's `leadWindow` and for the
  ///   longest of `leadTimes`.
  package static func all(
    for policy: Policy, readings: [SignalReading], memory: Decision.Memory = Decision.Memory(),
    leadTimes: [Duration] = [], at now: Instant
  ) -> [WhatIf] {
    var result: [WhatIf] = []
    if policy.signals.count > 1 {
      for (index, signal) in policy.signals.enumerated() where index < readings.count {
        var other = policy
        var left = readings
        var kept = memory
        other.signals.remove(at: index)
        left.remove(at: index)
        if index < kept.signals.count { kept.signals.remove(at: index) }
        result.append(
          WhatIf(.withoutSignal(signal.name), outcome: outcome(of: other, left, kept, at: now)))
      }
    }
    let lead = min(policy.leadTime.milliseconds, Int64.max / 2)
    var asked: [Duration] = []
    for leadTime in [.milliseconds(lead / 2), .milliseconds(lead * 2)] + leadTimes
    where leadTime != policy.leadTime && !asked.contains(leadTime) {
      asked.append(leadTime)
      let other = policy.looking(ahead: leadTime)
      result.append(
        WhatIf(.leadTime(leadTime), outcome: outcome(of: other, readings, memory, at: now)))
    }
    return result
  }

  private static func outcome(
    of policy: Policy, _ readings: [SignalReading], _ memory: Decision.Memory, at now: Instant
  ) -> Decision.Outcome {
    Evaluator.decide(policy, readings: readings, memory: memory, at: now).outcome
  }
}

extension Policy {
  /// All signals with one lead time. A forecast may still be as old as before.
  fileprivate func looking(ahead leadTime: Duration) -> Policy {
    var policy = self
    policy.leadTime = leadTime
    for (index, signal) in signals.enumerated() {
      if case .forecast(var forecast) = signal.kind {
        forecast.maxAge =
          forecast.maxAge ?? SignalAssessment.defaultMaxAge(leadTime: self.leadTime(of: signal))
        policy.signals[index].kind = .forecast(forecast)
      }
      policy.signals[index].leadTime = nil
    }
    return policy
  }
}
