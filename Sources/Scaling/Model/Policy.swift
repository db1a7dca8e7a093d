/// What one workload wants: a lead time, limits, and the signals that ask for replicas.
///
/// Comes from a manifest, from the metadata of a trigger, or is implied (design section 4).
package struct Policy: Hashable, Sendable {
  package var name: ResourceName
  /// How far ahead of now demand counts: the decision covers [now, now + leadTime). At least 0;
  /// with 0 the window is the present instant.
  package var leadTime: Duration
  /// How long a lost signal goes on asking for what it last asked, where the signal does not say.
  package var hold: Hold
  package var limits: ReplicaLimits
  /// At least one. Order decides which of two equal signals is named the winner.
  package var signals: [Signal]
  package var whenUnavailable: UnavailableBehaviour
  /// Decides and shows, but answers no ScaledObject and scales nothing.
  package var observe: Bool
  /// The kind of manifest that it comes from.
  package var kind: Kind
  /// Needed for direct scaling only.
  @Rare package var scaleTarget: ScaleTarget?
  /// When the workload may be taken to zero; nil for whenever nothing asks for replicas.
  @Rare package var activity: ActivityRules?
  @Rare private var targetRules: TargetRules?

  /// How direct mode scales the target.
  package var scaling: TargetRules {
    get { targetRules ?? TargetRules() }
    set { targetRules = newValue == TargetRules() ? nil : newValue }
  }

  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Also what a trigger implies.
    case scalingPolicy = "ScalingPolicy"
    case scalingRule = "ScalingRule"
    case elastiService = "ElastiService"
  }

  package init(
    name: ResourceName, leadTime: Duration = Defaults.leadTime, hold: Hold = Defaults.hold,
    limits: ReplicaLimits = ReplicaLimits(), signals: [Signal],
    whenUnavailable: UnavailableBehaviour = .error, observe: Bool = false,
    kind: Kind = .scalingPolicy, scaleTarget: ScaleTarget? = nil, activity: ActivityRules? = nil,
    scaling: TargetRules = TargetRules()
  ) {
    self.name = name
    self.leadTime = leadTime
    self.hold = hold
    self.limits = limits
    self.signals = signals
    self.whenUnavailable = whenUnavailable
    self.observe = observe
    self.kind = kind
    self.scaleTarget = scaleTarget
    self.activity = activity
    self.scaling = scaling
  }

  /// What a wake-up asks for: `activeReplicas`, or where there are no rules of activity, what keeps
  /// the workload alive.
  package var wakingReplicas: Int { activity?.activeReplicas ?? max(1, limits.minReplicas) }

  /// How long a wake-up lasts.
  package var wakingTime: Duration { activity?.cooldown ?? ActivityRules.Defaults.cooldown }

  /// What holds where a manifest is silent.
  package enum Defaults {
    /// Five minutes, as Kedastral's scaler has it (`LEAD_TIME`).
    package static let leadTime = Duration.seconds(300)
    /// Missing data never scales anything down.
    package static let hold = Hold.forever
    /// Five minutes: longer than a rolling update of exporters or a restart of Prometheus' targets.
    package static let evidenceSettles = Duration.seconds(300)
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
  /// Nil for the policy's own.
  package var namespace: String?

  package init(apiVersion: String, kind: String, name: String, namespace: String? = nil) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.namespace = namespace
  }
}
