package import Scaling
package import Time

/// What a wake-up has done to one policy.
package struct WakeUp: Hashable, Sendable {
  package var policy: Policy
  /// ScaledObjects that this answers, such as `default/my-api`.
  package var scaledObjects: [String]
  /// The decision just before it; nil where there was none.
  package var before: Decision?
  /// The decision that follows from it. It need not say that the workload is active: a cap or a
  /// limit of zero holds all the same.
  package var decision: Decision
  /// Until when the workload stays active for this wake-up alone.
  package var until: Instant
}

extension DecisionEngine {
  /// Makes the workload of a policy active from now on, for its cooldown. Workers and streams hear
  /// of it before this returns.
  ///
  /// - Parameters:
  ///   - name: of the policy. One without a namespace answers for every namespace.
  ///   - instant: when somebody asked for the workload, for a wake-up that was forwarded; nil for
  ///     now. It is never taken to lie in the future.
  /// - Returns: one for each lead time that triggers ask of the policy, its own first; empty for a
  ///   policy that is not in force.
  package func wake(_ name: ResourceName, at instant: Instant? = nil) -> [WakeUp] {
    let now = now
    let asked = min(instant ?? now, now)
    let found = entries(for: name).sorted {
      ($0.key.leadTime ?? .zero) < ($1.key.leadTime ?? .zero)
    }
    let woken = found.compactMap { entry -> WakeUp? in
      let before = entry.decision
      entry.wake(at: asked)
      decide(entry, at: now)
      return entry.decision.map {
        WakeUp(
          policy: entry.policy,
          scaledObjects: entry.subscribers.map { "\($0.namespace)/\($0.name)" }.sorted(),
          before: before, decision: $0,
          until: asked.advanced(by: entry.policy.wakingTime))
      }
    }
    finishPass()
    return woken
  }

  /// The policy of the workload behind a Kubernetes Service, as KubeElasti's resolver names it: the
  /// ElastiService of that service, or else the policy of that name; nil where there is none.
  package func policy(forService service: String, in namespace: String) -> ResourceName? {
    let named = ResourceName(namespace: namespace, name: service)
    let anywhere = ResourceName(name: service)
    return services[named] ?? services[anywhere] ?? entries(for: named).first?.key.name
  }

  /// The policy that `wake` finds by that name; nil where there is none.
  package func wakeable(_ name: ResourceName) -> ResourceName? {
    entries(for: name).first?.key.name
  }

  /// Of the policy of that namespace, or else of the one without a namespace.
  func entries(for name: ResourceName) -> [PolicyEntry] {
    let exact = entries(named: name)
    return exact.isEmpty ? entries(named: ResourceName(name: name.name)) : exact
  }
}
