package import Scaling

/// What the RPCs of one ScaledObject say, taken from one decision: the part of it that the gRPC
/// loops need.
package struct Answer: Sendable, Equatable {
  package var metrics: Metrics
  package var activity: Activity

  package enum Metrics: Sendable, Equatable {
    case replicas(Int)
    case error(AnswerError)
  }

  package enum Activity: Sendable, Equatable {
    case active
    case inactive
    case error(AnswerError)
  }
}

// Apart, so that the memberwise initialiser stays.
extension Answer {
  /// C8: active if and only if replicas ≥ 1, of the same decision. C6: an unavailable decision is
  /// an error, unless the policy asks for Kedastral's `false`.
  package init(_ decision: Decision, whenUnavailable: UnavailableBehaviour) {
    switch decision.outcome {
    case .replicas(let count):
      metrics = .replicas(count)
      activity = count >= 1 ? .active : .inactive
    case .unavailable(let reason):
      let error = AnswerError(.noDecision, reason)
      metrics = .error(error)
      activity = whenUnavailable == .inactive ? .inactive : .error(error)
    }
  }

  /// No policy answers, or the reference is invalid.
  package init(_ error: AnswerError) {
    metrics = .error(error)
    activity = .error(error)
  }
}
