package import Scaling
package import Time

/// What is known of an object beside its manifest: what was decided, and what was done.
package struct ObjectFacts: Hashable, Sendable {
  /// Nil before the first decision, and for a DataSource.
  package var decision: DecisionSummary?
  /// Nil for a policy, and while it has not been asked.
  package var source: SourceSummary?
  /// What the target has; nil where no one has looked.
  package var currentReplicas: Int?
  /// When the target was scaled last; nil where Headstart has not done so.
  package var lastScaling: Instant?
  /// When it was last scaled up, or asked for from zero; nil where this process has not seen it.
  package var lastScalingUp: Instant?
  /// Whether requests go to KubeElasti's resolver; nil where Headstart does not see to that.
  package var isProxied: Bool?
  /// How scaling the target goes; nil where Headstart does not do it.
  package var scaling: ScalingSummary?

  package init() {}

  /// Takes a decision, made at `instant`.
  package mutating func decided(_ summary: DecisionSummary, at instant: Instant) {
    let wasIdle = decision?.replicas == 0
    // With direct scaling the target says when it was scaled.
    if scaling == nil, wasIdle, summary.replicas ?? 0 > 0 { lastScalingUp = instant }
    decision = summary
  }

  /// Whether anything of the workload runs, as far as it is known: where requests go, or what the
  /// target has, or with KEDA, whose targets Headstart does not look at, what is asked for.
  var isUp: Bool? {
    if let isProxied { return !isProxied }
    let replicas = scaling == nil ? decision?.replicas : currentReplicas
    return replicas.map { $0 > 0 }
  }
}

/// How direct scaling of a policy's target goes. The sentences are for people.
package enum ScalingSummary: Hashable, Sendable {
  case inOrder
  case missing(String)
  /// Something else scales it.
  case refused(String)
  case failing(String)
  /// Somebody else keeps undoing it.
  case contested(String)
}

/// What of a decision a status shows. No times and no values, which change all the time.
package struct DecisionSummary: Hashable, Sendable {
  /// Nil when unavailable.
  package var replicas: Int?
  package var winner: String?
  /// The schedule's rule that decides; nil where none does.
  package var rule: String?
  /// Why it is unavailable; nil when it is not.
  package var problem: String?
  /// Signals that are lost or unknown.
  package var missing: [String]

  package init(_ decision: Decision) {
    replicas = decision.replicas
    winner = decision.winner.map { decision.contributions[$0].signal }
    rule = decision.winner.flatMap { decision.contributions[$0].rule }
    missing = decision.contributions.filter { $0.isMissing || $0.state == .held && !$0.isObserved }
      .map(
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
