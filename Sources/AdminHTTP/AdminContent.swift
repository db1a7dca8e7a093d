package import Scaling
package import Telemetry

/// Where the side port's answers come from.
///
/// Every closure runs on the side port's thread, may take some tens of milliseconds, and must not
/// stop the server.
package struct AdminContent: Sendable {
  package var metrics: MetricsRegistry
  /// Does everything work? For `/healthz`.
  package var health: @Sendable () -> HealthReport
  /// May KEDA be sent here? Serving, and the first load done. For `/readyz`.
  package var readiness: @Sendable () -> HealthReport
  /// Every policy in force, in any order.
  package var policies: @Sendable () -> [PolicySummary]
  /// The decision of the policy of exactly that name; nil when there is none.
  package var decision: @Sendable (ResourceName) -> DecisionRecord?

  package init(
    metrics: MetricsRegistry, health: @escaping @Sendable () -> HealthReport,
    readiness: @escaping @Sendable () -> HealthReport,
    policies: @escaping @Sendable () -> [PolicySummary],
    decision: @escaping @Sendable (ResourceName) -> DecisionRecord?
  ) {
    self.metrics = metrics
    self.health = health
    self.readiness = readiness
    self.policies = policies
    self.decision = decision
  }
}

/// The checks behind a health answer: all must be well for 200.
package struct HealthReport: Hashable, Sendable {
  package var checks: [HealthCheck]

  package init(_ checks: [HealthCheck]) {
    self.checks = checks
  }

  package var isHealthy: Bool { checks.allSatisfy { $0.problem == nil } }
}

/// One thing that is looked at.
package struct HealthCheck: Hashable, Sendable {
  /// For people, such as `grpc` or `forecaster default`.
  package var name: String
  /// What is wrong, one sentence; nil when it is well.
  package var problem: String?

  package init(_ name: String, problem: String? = nil) {
    self.name = name
    self.problem = problem
  }
}

/// One line of the list of policies.
package struct PolicySummary: Hashable, Sendable {
  package var policy: Policy
  package var decision: Decision
  package var nextChange: NextChange?
  /// How many ScaledObjects it answers.
  package var bindings: Int

  package init(policy: Policy, decision: Decision, nextChange: NextChange? = nil, bindings: Int) {
    self.policy = policy
    self.decision = decision
    self.nextChange = nextChange
    self.bindings = bindings
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
