/// What policies leave to the process: the values of flags such as `--lead-time`, for manifests that
/// do not say and for policies that a trigger implies.
package struct PolicyDefaults: Hashable, Sendable {
  /// For a policy without `leadTime`.
  package var leadTime: Duration
  /// For a policy without `hold`.
  package var hold: Hold
  /// For a policy without `whenUnavailable`.
  package var whenUnavailable: UnavailableBehaviour
  /// What the triggers of an ElastiService may name.
  package var triggerServers: TriggerServers

  package init(
    leadTime: Duration = Policy.Defaults.leadTime, hold: Hold = Policy.Defaults.hold,
    whenUnavailable: UnavailableBehaviour = .error, triggerServers: TriggerServers = .none
  ) {
    self.leadTime = leadTime
    self.hold = hold
    self.whenUnavailable = whenUnavailable
    self.triggerServers = triggerServers
  }

  /// For a policy without `hold`: with `inactive` a lost signal is given up at once, as Kedastral
  /// does (design, section 1).
  package func hold(whenUnavailable: UnavailableBehaviour) -> Hold {
    whenUnavailable == .inactive && hold == .forever ? .upTo(.zero) : hold
  }
}
