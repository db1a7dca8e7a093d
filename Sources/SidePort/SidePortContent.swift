package import Scaling
package import Telemetry
package import Time

/// Where the side port's answers come from.
///
/// The closures of probes and of what changes something run on the side port's thread, and are quick;
/// the others run on a pool of threads, several at a time. None may stop the server.
package struct SidePortContent: Sendable {
  package var metrics: MetricsRegistry
  /// Does everything work? For `/healthz`.
  package var health: @Sendable () -> HealthReport
  /// May KEDA be sent here? Serving, and the first load done; and with true, does every source answer?
  /// For `/readyz`.
  package var readiness: @Sendable (_ withSources: Bool) -> HealthReport
  /// The policies in force that are asked for, by name.
  package var policies: @Sendable (PolicySelection) -> PolicyPage
  /// The decision of the policy of that name.
  package var decision: @Sendable (ResourceName, DecisionQuestion) -> Answer<DecisionRecord>
  /// What the policy decided since an instant; nil for as far back as is known.
  package var history: @Sendable (ResourceName, Instant?) -> Answer<DecisionSequence>
  /// What the policy will decide within a time from now.
  package var projection: @Sendable (ResourceName, Duration) -> Answer<DecisionSequence>
  /// The built-in forecasts of the policy of that name.
  package var forecasts: @Sendable (ResourceName) -> Answer<ForecastRecords> = { _ in .noAnswer }
  /// Serves forecasts to others; nil for not.
  package var forecastService: ForecastService?
  /// What direct scaling has done; nil where the control loop does not answer.
  package var operations: @Sendable (OperationHistory.Filter) -> OperationRecord? = { _ in
    OperationRecord(isDirect: false, operations: [])
  }
  /// How every data source does, and when that was; nil where the control loop does not answer.
  package var sources: @Sendable () -> ([SourceRecord], at: Instant)? = { nil }
  /// Everything that is wrong with manifests and objects now.
  package var findings: @Sendable () -> [Finding] = { [] }
  /// What the policies last asked, for another replica.
  package var memory: @Sendable (MemoryQuestion) -> MemoryAnswer = { _ in .noAnswer }
  /// The last good content of these manifest files, for another replica; of all for nil.
  package var lastGoodFiles: @Sendable (_ paths: [String]?, _ asker: String?) -> MemoryAnswer = {
    _, _ in .noAnswer
  }
  /// What the forecasts of these fingerprints have learnt, for another replica.
  package var learntStates:
    @Sendable (_ fingerprints: Set<UInt64>, _ asker: String?) -> MemoryAnswer =
      { _, _ in .noAnswer }
  /// Reads the body of `/informer/incoming-request`.
  package var incomingRequest:
    @Sendable ([UInt8]) -> Result<WakeUpCall.Subject, WakeUpCall.BadBody> = { _ in
      .failure(WakeUpCall.BadBody(sentence: "wake-ups are not taken here"))
    }
  /// Makes a workload active. Answers once, from any thread, when it is known what has come of it.
  package var wake: @Sendable (WakeUpCall, @escaping @Sendable (WakeUpAnswer) -> Void) -> Void = {
    _, answer in answer(.noAnswer)
  }

  /// Sets, lists and ends overrides. Answers once, from any thread.
  package var overrides:
    @Sendable (OverrideCall, @escaping @Sendable (OverrideAnswer) -> Void) -> Void = { _, answer in
      answer(.refused(status: 503, "the control loop does not answer"))
    }

  /// Reads all files again. Answers once, from any thread, when that is done.
  package var reload: @Sendable (@escaping @Sendable (ReloadReport) -> Void) -> Void = { answer in
    answer(ReloadReport(policies: 0, problems: ["there is nothing to reload here"]))
  }

  /// Changes the log level for a while. Answers once, from any thread. Nil where the port has no token,
  /// and so cannot tell who asks.
  package var setLogLevel:
    (@Sendable (LogLevel, @escaping @Sendable (LogLevelChange) -> Void) -> Void)?

  /// An answer about one policy.
  package enum Answer<Value: Sendable>: Sendable {
    case found(Value)
    /// There is no policy of that name, or this cannot be known of it: one sentence.
    case unknowable(String)
    /// The control loop does not answer.
    case noAnswer
  }

  package init(
    metrics: MetricsRegistry, health: @escaping @Sendable () -> HealthReport,
    readiness: @escaping @Sendable (_ withSources: Bool) -> HealthReport,
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

  package var isHealthy: Bool { checks.allSatisfy { $0.problem == nil || $0.remark != nil } }
}

/// One thing that is looked at.
package struct HealthCheck: Hashable, Sendable {
  /// For people, such as `grpc` or `forecaster default`.
  package var name: String
  /// What is wrong, one sentence; nil when it is well.
  package var problem: String?
  /// How a problem is called that is only told, and does not make the report unhealthy; nil for one
  /// that does.
  package var remark: Remark?

  package enum Remark: String, Hashable, Sendable {
    case failing, missing
  }

  package init(_ name: String, problem: String? = nil, remark: Remark? = nil) {
    self.name = name
    self.problem = problem
    self.remark = remark
  }
}
