package import Time

/// The pure function that answers KEDA: (policy, readings, previous decision, now) to a decision.
///
/// `desired = clamp(max over τ of the lead window of min(max over available signals of demand(τ),
/// cap(τ)), limits)` (design section 1). Demands and caps are step functions, so the maximum is
/// taken over now and the change points inside the window, never by sampling. Keeps nothing, and
/// may be called from any thread.
package enum Evaluator {
  /// Decides for one policy.
  ///
  /// - Parameters:
  ///   - readings: one per signal of the policy, in order. A schedule has to be laid out over at
  ///     least [now, now + `policy.leadWindow`). A reading that is missing or of another kind
  ///     makes its signal unavailable.
  ///   - memory: the `memory` of the policy's previous decision; empty for the first.
  package static func decide(
    _ policy: Policy, readings: [SignalReading], memory: Decision.Memory, at now: Instant
  ) -> Decision {
    var evaluation = Evaluation(policy: policy, readings: readings, memory: memory, now: now)
    evaluation.assessSignals()
    return evaluation.decision()
  }

  /// The first instant after `decision` and before `until` at which the answer differs, in number
  /// or in being available, while the readings stay as they are; and the decision then.
  ///
  /// Follows `validUntil` from one decision to the next, 4096 steps at most, and no further than
  /// the schedules are laid out. Nil when nothing differs that far.
  package static func nextChange(
    after decision: Decision, of policy: Policy, readings: [SignalReading], until: Instant
  ) -> (at: Instant, decision: Decision)? {
    let answer = decision.replicas
    var last = decision.at
    var at = decision.validUntil
    var memory = decision.memory
    for _ in 0..<4096 {
      let window = LeadWindow(from: at, leadTime: policy.leadWindow)
      guard at > last, at < until, readings.allSatisfy({ $0.covers(window) }) else { return nil }
      let next = decide(policy, readings: readings, memory: memory, at: at)
      if next.replicas != answer { return (at, next) }
      last = at
      at = next.validUntil
      memory = next.memory
    }
    return nil
  }
}

extension SignalReading {
  /// False only for a schedule that is not laid out over the whole window.
  fileprivate func covers(_ window: LeadWindow) -> Bool {
    switch self {
    case .schedule(let timeline): timeline.covers(window)
    case .forecast, .prometheus, .unreadable: true
    }
  }
}
