/// How a policy's target is scaled where Headstart scales it itself (direct mode).
package struct TargetRules: Hashable, Sendable {
  /// How long the target is left alone after it was scaled; nil for the process's own
  /// (`--cooldown`).
  package var cooldown: Duration?
  /// Whether scaling up waits for the cooldown too, as EasyScale does it.
  package var cooldownOnUp: Bool
  /// How much of the present count one step down may take away at most, 1 to 100 per cent; nil for
  /// all of it.
  package var maxDownPercentPerStep: Int?
  package var autoscaler: Autoscaler
  package var extent: Extent

  /// What else scales the target, with the policy's consent (KubeElasti's `autoscaler`).
  package enum Autoscaler: Hashable, Sendable {
    case none
    /// A ScaledObject of that name, which is paused while the workload is at zero.
    case keda(String)
    /// A HorizontalPodAutoscaler of that name, which leaves a workload at zero alone.
    case hpa(String)
  }

  /// What of the target's count the policy decides.
  package enum Extent: Hashable, Sendable {
    /// The exact count (ScalingPolicy, ScalingRule).
    case exactCount
    /// Only the way to zero and back: up raises to the decision's replicas and leaves more as it
    /// is; down is to zero or not at all (ElastiService).
    case toAndFromZero
  }

  package init(
    cooldown: Duration? = nil, cooldownOnUp: Bool = true, maxDownPercentPerStep: Int? = nil,
    autoscaler: Autoscaler = .none, extent: Extent = .exactCount
  ) {
    self.cooldown = cooldown
    self.cooldownOnUp = cooldownOnUp
    self.maxDownPercentPerStep = maxDownPercentPerStep
    self.autoscaler = autoscaler
    self.extent = extent
  }
}
