extension Decision {
  /// Whether this decision tells anything else than `other`: another answer, another winner or
  /// limit, or a signal that asks for another number or is in another state.
  ///
  /// What moves all the time without changing the answer (a query's value, an age, the instant of a
  /// peak, the wording of a failure) is no difference.
  package func differs(from other: Decision) -> Bool {
    replicas != other.replicas || winner != other.winner
      || contributions.count != other.contributions.count
      || appliedLimits.count != other.appliedLimits.count
      || zip(appliedLimits, other.appliedLimits).contains { $0.differs(from: $1) }
      || zip(contributions, other.contributions).contains { $0.differs(from: $1) }
  }
}

extension Contribution {
  package func differs(from other: Contribution) -> Bool {
    replicas != other.replicas || state != other.state || rule != other.rule
      || signal != other.signal || kind != other.kind
  }
}

extension Decision.AppliedLimit {
  /// The last activity moves with every value; the number and the cause are what counts.
  func differs(from other: Decision.AppliedLimit) -> Bool {
    switch (self, other) {
    case (.activity(let replicas, let cause, _, _), .activity(let others, let otherCause, _, _)):
      replicas != others || cause != otherCause
    case (.increase(let increase), .increase(let other)):
      // The instant of a demand that is always the same moves with the clock.
      increase.replicas != other.replicas || increase.asked != other.asked
        || increase.rule != other.rule || increase.signal != other.signal
    default: self != other
    }
  }
}
