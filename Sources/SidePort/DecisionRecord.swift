package import Scaling
package import Time

/// What is asked about one policy's decision.
package struct DecisionQuestion: Hashable, Sendable {
  /// Nil for now; an earlier instant is answered from the history, a later one by projection.
  package var at: Instant?
  /// Lead times to try beside half and twice the policy's own.
  package var leadTimes: [Duration]

  package init(at: Instant? = nil, leadTimes: [Duration] = []) {
    self.at = at
    self.leadTimes = leadTimes
  }
}

/// A policy's decision with everything that explains it.
package struct DecisionRecord: Hashable, Sendable {
  package var policy: Policy
  package var decision: Decision
  /// One sentence in plain words.
  package var explanation: String
  package var nextChange: NextChange?
  /// How many ScaledObjects it answers.
  package var bindings: Int
  package var moment = Moment.present
  /// Empty unless the moment is the present.
  package var whatIfs: [WhatIf] = []
  /// The data sources that the policy's signals read, as they are now.
  package var sources: [SourceRecord] = []

  /// How the decision is known.
  package enum Moment: String, Hashable, Sendable {
    /// Made when it was in force; ages and some values of that time are not kept.
    case past
    case present
    /// What will be decided if the sources go on answering what they answer now.
    case future
  }

  package init(
    policy: Policy, decision: Decision, explanation: String, nextChange: NextChange? = nil,
    bindings: Int
  ) {
    self.policy = policy
    self.decision = decision
    self.explanation = explanation
    self.nextChange = nextChange
    self.bindings = bindings
  }
}

/// How one data source does.
package struct SourceRecord: Hashable, Sendable {
  package var name: String
  package var kind: String
  /// `up`, `failing`, or `unknown` before the first answer.
  package var state: String
  package var lastSuccess: Instant?
  /// One sentence; nil when it has answered since.
  package var lastError: String?

  package init(
    name: String, kind: String, state: String, lastSuccess: Instant?, lastError: String?
  ) {
    self.name = name
    self.kind = kind
    self.state = state
    self.lastSuccess = lastSuccess
    self.lastError = lastError
  }
}

/// When a policy's answer will change by itself, and to what.
package struct NextChange: Hashable, Sendable {
  package var at: Instant
  /// Nil when the decision will then be unavailable.
  package var replicas: Int?

  package init(at: Instant, replicas: Int?) {
    self.at = at
    self.replicas = replicas
  }
}

/// Decisions of one policy in order of time, each until the next one.
package struct DecisionSequence: Hashable, Sendable {
  package var policy: Policy
  /// The first and the last instant that the sequence tells of.
  package var from: Instant
  package var to: Instant
  package var now: Instant
  package var decisions: [Decision]
  /// From when on a forecast has nothing more to say; nil for a history.
  package var knownUntil: Instant?

  package init(
    policy: Policy, from: Instant, to: Instant, now: Instant, decisions: [Decision],
    knownUntil: Instant? = nil
  ) {
    self.policy = policy
    self.from = from
    self.to = to
    self.now = now
    self.decisions = decisions
    self.knownUntil = knownUntil
  }
}
