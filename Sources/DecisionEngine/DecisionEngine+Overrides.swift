package import Scaling
internal import Time

/// What people ask of policies for a while.
extension DecisionEngine {
  /// A policy as somebody sees it who wants to override it.
  package struct Overridable: Hashable, Sendable {
    package var name: ResourceName
    /// Where triggers ask for several lead times, the highest; nil while there is none.
    package var answer: Int?
    /// In which people tell the time; see `Policy.timeZone`.
    package var timeZone: String
    /// Whether nothing follows from its answers; see `Policy.observe`.
    package var isObserved: Bool
  }

  /// The policy that an override by that name applies to, as `wake` finds it; nil where there is none.
  package func overridable(_ name: ResourceName) -> Overridable? {
    let found = entries(for: name)
    guard let first = found.first else { return nil }
    return Overridable(
      name: first.key.name, answer: found.compactMap { $0.decision?.replicas }.max(),
      timeZone: first.policy.timeZone, isObserved: first.policy.observe)
  }

  /// Everything that is known of overrides, the latest first.
  package var allOverrides: [Override] { overrides.all }

  /// Those in force for one policy.
  package func runningOverrides(of policy: ResourceName) -> [Override] {
    let now = now
    return overrides.running(of: policy).filter { $0.isRunning(at: now) }
  }

  /// Puts overrides in force, and ends those that were ended elsewhere. Workers and streams hear of it
  /// before this returns.
  ///
  /// - Returns: those that say something new.
  package func take(_ overrides: [Override]) -> [Override] {
    let news = self.overrides.take(overrides, at: now)
    decide(after: news)
    return news
  }

  /// Ends overrides early.
  ///
  /// - Parameter id: of the only one; nil for all of the policy.
  /// - Returns: those that have ended.
  package func endOverrides(of policy: ResourceName, id: String?) -> [Override] {
    let ended = overrides.end(policy, id: id, at: now)
    decide(after: ended)
    return ended
  }

  private func decide(after changes: [Override]) {
    let now = now
    for policy in Set(changes.map(\.policy)) {
      for entry in entries(named: policy) { decide(entry, at: now) }
    }
    finishPass()
  }
}
