package import Time

/// What a policy will decide in the coming hours, as far as it can be known now.
///
/// The evaluator, asked again at each `validUntil` with the present readings. A source that answers
/// now is taken to go on answering: a query keeps its value, and a forecast counts to the end of its
/// series instead of growing stale. A source that fails now is taken to go on failing.
package struct Projection: Sendable {
  private let policy: Policy
  private let readings: [SignalReading]
  private let decision: Decision

  /// Bounds the work where something changes every second. What comes after so many changes is not
  /// known then.
  static let maxEvaluations = 4096

  /// - Parameters:
  ///   - decision: the present one; it is where the projection starts from.
  ///   - readings: one per signal; schedules laid out as far as the projection shall go, and the
  ///     lead window beyond.
  package init(of policy: Policy, decision: Decision, readings: [SignalReading]) {
    self.policy = Self.withoutAgeing(policy, readings: readings)
    self.readings = readings
    self.decision = decision
  }

  /// The present decision, and after it each that differs from the one before, up to `until` and no
  /// further than `knownUntil`.
  package func decisions(until: Instant) -> [Decision] {
    outlook(until: until).decisions
  }

  /// As `decisions`, and from when on nothing is known: the end of a forecast, or of the work that one
  /// question may cost; nil where all is known up to `until`.
  package func outlook(until: Instant) -> (decisions: [Decision], knownUntil: Instant?) {
    let end = min(until, knownUntil ?? .distantFuture)
    var decisions = [decision]
    let last = walk(until: end) {
      decisions.append(Self.withoutAges($0))
      return true
    }
    return (decisions, last.isCut ? last.decision.validUntil : knownUntil)
  }

  /// The decision at a later instant. Beyond `knownUntil` it is what follows from what is known, and
  /// may be too low.
  package func decision(at instant: Instant) -> Decision {
    guard instant > decision.at else { return decision }
    let last = walk(until: instant) { _ in true }.decision
    return Self.withoutAges(
      Evaluator.decide(policy, readings: readings, memory: last.memory, at: instant))
  }

  /// A source that goes on answering has newer data then; how old they will be is not known.
  private static func withoutAges(_ decision: Decision) -> Decision {
    var decision = decision
    for index in decision.contributions.indices
    where decision.contributions[index].state == .fresh {
      decision.contributions[index].dataTime = nil
    }
    return decision
  }

  /// The first decision before `until` with another answer; nil where there is none.
  ///
  /// Beyond the end of a forecast only a rise is one: what the other signals ask for is certain, and
  /// that the forecaster will ask for less is not.
  package func nextChange(until: Instant) -> Decision? {
    let end = knownUntil ?? .distantFuture
    var change: Decision?
    _ = walk(until: until) { later in
      guard later.replicas != decision.replicas,
        later.at < end || later.replicas ?? -1 > decision.replicas ?? -1
      else { return true }
      change = Self.withoutAges(later)
      return false
    }
    return change
  }

  /// From when on a forecast has nothing more to say; nil without one that can be read.
  package var knownUntil: Instant? {
    readings.compactMap { reading in
      guard case .forecast(let reading?) = reading, case .forecast(let series)? = reading.value
      else { return nil }
      return series.end
    }.min()
  }

  /// Calls `onChange` for each decision that differs from the one before it, until that returns false.
  ///
  /// - Returns: the last decision, and whether the walk took so long that it was ended before `until`.
  private func walk(
    until: Instant, onChange: (Decision) -> Bool
  ) -> (decision: Decision, isCut: Bool) {
    // The present decision may end when a reading grows old, which does not count here.
    var last = Evaluator.decide(
      policy, readings: readings, memory: decision.memory, at: decision.at)
    for _ in 0..<Self.maxEvaluations {
      guard last.validUntil < until, last.validUntil > last.at else { return (last, false) }
      let next = Evaluator.decide(
        policy, readings: readings, memory: last.memory, at: last.validUntil)
      if next.differs(from: last), !onChange(next) { return (next, false) }
      last = next
    }
    return (last, last.validUntil < until)
  }

  private static func withoutAgeing(_ policy: Policy, readings: [SignalReading]) -> Policy {
    var policy = policy
    for (index, reading) in zip(policy.signals.indices, readings) {
      guard case .forecast(let reading?) = reading, reading.failure == nil,
        reading.staleSince == nil, case .forecast(var signal) = policy.signals[index].kind
      else { continue }
      signal.maxAge = .milliseconds(Int64.max)
      policy.signals[index].kind = .forecast(signal)
    }
    return policy
  }
}
