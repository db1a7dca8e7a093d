package import Scaling

/// What is known of an object beside its manifest: what was decided, and what was done.
package struct ObjectFacts: Hashable, Sendable {
  /// Nil before the first decision, and for a DataSource.
  package var decision: DecisionSummary?
  /// Nil for a policy, and while it has not been asked.
  package var source: SourceSummary?
  /// What the target has; nil where nobody has looked.
  package var currentReplicas: Int?
  /// When the target was scaled last; nil where Headstart has not done so.
  package var lastScaling: Instant?
  /// How scaling the target goes; nil where Headstart does not do it.
  package var scaling: ScalingSummary?
  /// Further members of the status, of a kind that has them, such as `mode`.
  package var extra: [JSONValue.Member] = []

  package init() {}
}

/// How direct scaling of a policy's target goes. The sentences are for people.
package enum ScalingSummary: Hashable, Sendable {
  case inOrder
  case missing(String)
  /// Something else scales it.
  case refused(String)
  case failing(String)
}

/// What of a decision a status shows. No times and no values, which change all the time.
package struct DecisionSummary: Hashable, Sendable {
  /// Nil when unavailable.
  package var replicas: Int?
  package var winner: String?
  /// Why it is unavailable; nil when it is not.
  package var problem: String?
  /// Signals that are lost or unknown.
  package var missing: [String]

  package init(_ decision: Decision) {
    replicas = decision.replicas
    winner = decision.winner.map { decision.contributions[$0].signal }
    missing = decision.contributions.filter { $0.state == .held || $0.state == .unknown }.map(
      \.signal)
    if case .unavailable(let reason) = decision.outcome { problem = reason }
  }
}

/// How a DataSource does.
package struct SourceSummary: Hashable, Sendable {
  package enum State: Hashable, Sendable {
    case unknown, answering
    case failing(String)
  }

  package var state: State
  /// Whether a policy reads it.
  package var isUsed: Bool

  package init(state: State, isUsed: Bool) {
    self.state = state
    self.isUsed = isUsed
  }
}
