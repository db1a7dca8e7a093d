package import GRPCWire
package import Scaling

/// What the RPCs of one ScaledObject say, taken from one decision: the part of it that the gRPC
/// loops need.
package struct Answer: Sendable, Equatable {
  package var metrics: Metrics
  package var activity: Activity

  package enum Metrics: Sendable, Equatable {
    case replicas(Int)
    case error(RPCStatus)
  }

  package enum Activity: Sendable, Equatable {
    case active
    case inactive
    case error(RPCStatus)
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
      let status = RPCStatus(.unavailable, reason)
      metrics = .error(status)
      activity = whenUnavailable == .inactive ? .inactive : .error(status)
    }
  }

  /// No policy answers, or the reference cannot be meant.
  package init(_ error: RPCError) {
    let status = error.status
    metrics = .error(status)
    activity = .error(status)
  }
}
