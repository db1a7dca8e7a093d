/// The families that follow policies, signals and sources as they come and go.
struct CollectedMetrics: Sendable {
  let desiredReplicas: CollectedFamily
  let available: CollectedFamily
  let winner: CollectedFamily
  let nextChange: CollectedFamily
  let signalReplicas: CollectedFamily
  let signalState: CollectedFamily
  let signalAge: CollectedFamily
  let sourceUp: CollectedFamily

  init(_ registry: MetricsRegistry) {
    let policy = ["namespace", "policy"]
    let signal = ["namespace", "policy", "signal", "kind"]
    desiredReplicas = registry.collected(
      .gauge, "headstart_policy_desired_replicas",
      help: "Replicas that the policy's decision asks for; absent while it is unavailable.",
      labels: policy)
    available = registry.collected(
      .gauge, "headstart_policy_available",
      help: "1 when the policy's decision has a number, 0 when its signals are lost.",
      labels: policy)
    winner = registry.collected(
      .gauge, "headstart_policy_winner",
      help: "1 for the signal that sets the policy's replicas; absent when a limit sets them.",
      labels: policy + ["signal"])
    nextChange = registry.collected(
      .gauge, "headstart_policy_next_change_timestamp_seconds",
      help: "When the answer will change by itself, since 1970; absent when it will not.",
      unit: .seconds, labels: policy)
    signalReplicas = registry.collected(
      .gauge, "headstart_signal_replicas",
      help: "Replicas that the signal asks for within the lead window; absent while it is lost.",
      labels: signal)
    signalState = registry.collected(
      .gauge, "headstart_signal_state",
      help: "1 for the state that the signal is in, 0 for the others.", labels: signal + ["state"])
    signalAge = registry.collected(
      .gauge, "headstart_signal_age_seconds",
      help: "Age of the signal's data; absent for schedules and before the first data.",
      unit: .seconds, labels: signal)
    sourceUp = registry.collected(
      .gauge, "headstart_source_up",
      help: "1 when the data source answers, 0 when it fails.", labels: ["source", "kind"])
  }
}

/// One policy's decision, as its metrics show it.
package struct PolicySample: Hashable, Sendable {
  /// Nil is written as an empty label, which to Prometheus is none.
  package var namespace: String?
  package var policy: String
  /// Nil while the decision is unavailable.
  package var desiredReplicas: Int?
  /// The name of the signal that decides, if one does.
  package var winner: String?
  /// Seconds since 1970; nil when the answer will not change by itself.
  package var nextChange: Double?
  /// With distinct names.
  package var signals: [SignalSample]

  package init(
    namespace: String?, policy: String, desiredReplicas: Int?, winner: String? = nil,
    nextChange: Double? = nil, signals: [SignalSample] = []
  ) {
    self.namespace = namespace
    self.policy = policy
    self.desiredReplicas = desiredReplicas
    self.winner = winner
    self.nextChange = nextChange
    self.signals = signals
  }
}

/// One signal's part in a decision, as its metrics show it.
package struct SignalSample: Hashable, Sendable {
  package var signal: String
  /// `forecast`, `schedule` or `prometheus`.
  package var kind: String
  package var state: State
  /// Nil while the signal is unavailable.
  package var replicas: Int?
  /// How old its data is; nil for a schedule.
  package var age: Duration?

  package enum State: String, Hashable, Sendable, CaseIterable {
    case fresh, held, unavailable
  }

  package init(
    signal: String, kind: String, state: State, replicas: Int? = nil, age: Duration? = nil
  ) {
    self.signal = signal
    self.kind = kind
    self.state = state
    self.replicas = replicas
    self.age = age
  }
}

/// Whether a data source answers.
package struct SourceSample: Hashable, Sendable {
  /// `namespace/name`, or the name alone.
  package var source: String
  /// `forecaster` or `prometheus`.
  package var kind: String
  package var isUp: Bool

  package init(source: String, kind: String, isUp: Bool) {
    self.source = source
    self.kind = kind
    self.isUp = isUp
  }
}

extension HeadstartMetrics {
  /// Writes everything about one policy; called by a collector, once per policy.
  package func write(_ sample: PolicySample, to writer: inout MetricWriter) {
    let policy = [sample.namespace ?? "", sample.policy]
    writer.write(collected.available, sample.desiredReplicas == nil ? 0 : 1, labels: policy)
    if let replicas = sample.desiredReplicas {
      writer.write(collected.desiredReplicas, Double(replicas), labels: policy)
    }
    if let winner = sample.winner { writer.write(collected.winner, 1, labels: policy + [winner]) }
    if let change = sample.nextChange { writer.write(collected.nextChange, change, labels: policy) }
    for signal in sample.signals {
      let labels = policy + [signal.signal, signal.kind]
      for state in SignalSample.State.allCases {
        writer.write(
          collected.signalState, signal.state == state ? 1 : 0, labels: labels + [state.rawValue])
      }
      if let replicas = signal.replicas {
        writer.write(collected.signalReplicas, Double(replicas), labels: labels)
      }
      if let age = signal.age { writer.write(collected.signalAge, age.inSeconds, labels: labels) }
    }
  }

  /// Writes whether a data source answers; called by a collector, once per source.
  package func write(_ sample: SourceSample, to writer: inout MetricWriter) {
    writer.write(collected.sourceUp, sample.isUp ? 1 : 0, labels: [sample.source, sample.kind])
  }
}
