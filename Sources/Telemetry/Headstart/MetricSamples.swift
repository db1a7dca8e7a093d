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
  /// Overrides in force.
  package var overrides: Int
  /// Those that are built in.
  package var forecasts: [ForecastSample]
  /// With distinct names.
  package var signals: [SignalSample]

  package init(
    namespace: String?, policy: String, desiredReplicas: Int?, winner: String? = nil,
    nextChange: Double? = nil, overrides: Int = 0, forecasts: [ForecastSample] = [],
    signals: [SignalSample] = []
  ) {
    self.namespace = namespace
    self.policy = policy
    self.desiredReplicas = desiredReplicas
    self.winner = winner
    self.nextChange = nextChange
    self.overrides = overrides
    self.forecasts = forecasts
    self.signals = signals
  }
}

/// One signal's part in a decision, as its metrics show it.
package struct SignalSample: Hashable, Sendable {
  package var signal: String
  /// `forecast`, `schedule` or `prometheus`.
  package var kind: String
  package var state: State
  /// Nil while the signal takes no part.
  package var replicas: Int?
  /// How old its data is; nil for a schedule.
  package var age: Duration?
  /// For how long it has gone on asking what it last asked; nil while it is not held.
  package var kept: Duration?

  package enum State: String, Hashable, Sendable, CaseIterable {
    case fresh, held, silent, unknown
  }

  package init(
    signal: String, kind: String, state: State, replicas: Int? = nil, age: Duration? = nil,
    kept: Duration? = nil
  ) {
    self.signal = signal
    self.kind = kind
    self.state = state
    self.replicas = replicas
    self.age = age
    self.kept = kept
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

/// What the gRPC server counts itself, all of its loops together.
package struct ServerSample: Hashable, Sendable {
  /// Open now.
  package var connections = 0
  package var connectionsAccepted = 0
  /// By a short word of a fixed set.
  package var connectionsClosed: [String: Int] = [:]
  /// How often clients ran into a limit, by a short word of a fixed set.
  package var limitsExceeded: [String: Int] = [:]
  package var acceptFailures = 0
  /// Closed at once: there were too many.
  package var connectionsRefused = 0
  /// By a short word of a fixed set; empty without TLS.
  package var handshakeFailures: [String: Int] = [:]
  /// Calls whose answers the client did not read.
  package var streamsStalled = 0
  /// Calls that never reached a method: wrong path, content type, encoding.
  package var callsRefused = 0
  /// In bytes.
  package var callMemory = 0
  package var bytesReceived = 0
  package var bytesSent = 0

  package init() {}
}
