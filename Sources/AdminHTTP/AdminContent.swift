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
  /// The policies in force that are asked for, by name.
  package var policies: @Sendable (PolicySelection) -> PolicyPage
  /// The decision of the policy of that name.
  package var decision: @Sendable (ResourceName, DecisionQuestion) -> Answer<DecisionRecord>
  /// What the policy decided since an instant; nil for as far back as is known.
  package var history: @Sendable (ResourceName, Instant?) -> Answer<DecisionSequence>
  /// What the policy will decide within a time from now.
  package var projection: @Sendable (ResourceName, Duration) -> Answer<DecisionSequence>
  /// What direct scaling has done; nil where the control loop does not answer.
  package var operations: @Sendable (OperationHistory.Filter) -> OperationRecord? = { _ in
    OperationRecord(isDirect: false, operations: [])
  }
  /// Reads the body of `/informer/incoming-request`.
  package var incomingRequest:
    @Sendable ([UInt8]) -> Result<WakeUpCall.Subject, WakeUpCall.BadBody> = { _ in
      .failure(WakeUpCall.BadBody(sentence: "wake-ups are not taken here"))
    }
  /// Makes a workload active. Answers once, from any thread, when it is known what has come of it.
  package var wake: @Sendable (WakeUpCall, @escaping @Sendable (WakeUpAnswer) -> Void) -> Void = {
    _, answer in answer(.noAnswer)
  }

  /// Reads all files again. Answers once, from any thread, when that is done.
  package var reload: @Sendable (@escaping @Sendable (ReloadReport) -> Void) -> Void = { answer in
    answer(ReloadReport(policies: 0, problems: ["there is nothing to reload here"]))
  }

  /// An answer about one policy.
  package enum Answer<Value: Sendable>: Sendable {
    case found(Value)
    /// There is no policy of that name; these have similar ones.
    case unknownPolicy(near: [ResourceName])
    /// There is one, but this cannot be known of it: one sentence.
    case unknowable(String)
    /// The control loop does not answer.
    case noAnswer
  }

  package init(
    metrics: MetricsRegistry, health: @escaping @Sendable () -> HealthReport,
    readiness: @escaping @Sendable () -> HealthReport,
    policies: @escaping @Sendable (PolicySelection) -> PolicyPage,
    decision: @escaping @Sendable (ResourceName, DecisionQuestion) -> Answer<DecisionRecord>,
    history: @escaping @Sendable (ResourceName, Instant?) -> Answer<DecisionSequence>,
    projection: @escaping @Sendable (ResourceName, Duration) -> Answer<DecisionSequence>
  ) {
    self.metrics = metrics
    self.health = health
    self.readiness = readiness
    self.policies = policies
    self.decision = decision
    self.history = history
    self.projection = projection
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
