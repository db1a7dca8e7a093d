/// What one workload wants: a lead time, limits, and the signals that ask for replicas.
///
/// Comes from a manifest, from the metadata of a trigger, or is implied (design section 4).
package struct Policy: Hashable, Sendable {
  package var name: ResourceName
  /// How far ahead of now demand counts: the decision covers [now, now + leadTime). At least 0;
  /// with 0 the window is the present instant.
  package var leadTime: Duration
  /// How long a lost signal's last good reading, and after it the last complete decision, stands.
  package var hold: Duration
  package var limits: ReplicaLimits
  /// At least one. Order decides which of two equal signals is named the winner.
  package var signals: [Signal]
  package var whenUnavailable: UnavailableBehaviour
  /// Needed for direct scaling only.
  package var scaleTarget: ScaleTarget?

  package init(
    name: ResourceName, leadTime: Duration = Defaults.leadTime, hold: Duration = Defaults.hold,
    limits: ReplicaLimits = ReplicaLimits(), signals: [Signal],
    whenUnavailable: UnavailableBehaviour = .error, scaleTarget: ScaleTarget? = nil
  ) {
    self.name = name
    self.leadTime = leadTime
    self.hold = hold
    self.limits = limits
    self.signals = signals
    self.whenUnavailable = whenUnavailable
    self.scaleTarget = scaleTarget
  }

  /// What holds where a manifest is silent.
  package enum Defaults {
    /// Five minutes, the seed's own (`LEAD_TIME`).
    package static let leadTime = Duration.seconds(300)
    /// Five minutes: outlasts a restart of Prometheus or of a forecaster.
    package static let hold = Duration.seconds(300)
    /// The window over which `uptimeFilter` wants the target up: KubeElasti's 900 s.
    package static let uptimeCooldown = Duration.seconds(900)
  }
}

/// The bounds of every answer of a policy.
package struct ReplicaLimits: Hashable, Sendable {
  /// 0 or more.
  package var minReplicas: Int
  /// At least `minReplicas`; nil for no upper bound.
  package var maxReplicas: Int?

  package init(minReplicas: Int = 0, maxReplicas: Int? = nil) {
    self.minReplicas = minReplicas
    self.maxReplicas = maxReplicas
  }
}

/// What `IsActive` says when a decision is unavailable (design section 1).
package enum UnavailableBehaviour: Hashable, Sendable {
  /// An RPC error: KEDA leaves the workload alone or uses its fallback (C6).
  case error
  /// `IsActive` answers false, as Kedastral does; `GetMetrics` stays an error.
  case inactive
}

/// The workload that direct scaling acts on.
package struct ScaleTarget: Hashable, Sendable {
  package var apiVersion: String
  package var kind: String
  package var name: String

  package init(apiVersion: String, kind: String, name: String) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
  }
}
