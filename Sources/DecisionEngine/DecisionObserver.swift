package import Scaling

/// Hears what the engine decides, for what acts on it beside the answers to KEDA: direct scaling,
/// and the status of custom resources.
///
/// Called on the engine's loop, within its pass: it takes note and acts later, and does not call the
/// engine from there.
package protocol DecisionObserver: AnyObject {
  /// After every decision, also one that equals the one before.
  func decided(_ key: PolicyKey, _ policy: Policy, _ decision: Decision)

  /// The policy is not in force any more.
  func dropped(_ key: PolicyKey)
}
