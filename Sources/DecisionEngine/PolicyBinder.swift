package import Scaling
package import Time

/// Finds the policy that answers a ScaledObject (design section 4): the first match of metadata
/// `policy`, a policy named as metadata `workload`, a policy named as the ScaledObject, the signals
/// that the metadata itself holds, the implied policy.
package struct PolicyBinder: Sendable {
  package let catalog: Catalog
  package let defaults: PolicyDefaults
  private let zones: any TimeZoneDatabase
  /// Policies that were deleted within the last hour, and when: none is implied in their place.
  private let deleted: [ResourceName: Instant]

  package init(
    catalog: Catalog, defaults: PolicyDefaults, zones: any TimeZoneDatabase,
    deleted: [ResourceName: Instant] = [:]
  ) {
    self.catalog = catalog
    self.defaults = defaults
    self.zones = zones
    self.deleted = deleted
  }

  /// The longest lead time that metadata may ask for; longer ones are mistakes of unit.
  package static let longestLeadTime = Duration.seconds(7 * 24 * 3600)

  /// - Throws: `invalidReference` for invalid metadata, `noZones` where its zone cannot be looked up,
  ///   `noPolicy` where no policy matches.
  package func bind(_ object: ScaledObject) throws(AnswerError) -> BoundPolicy {
    try checkMetricName(of: object)
    let leadTime = try leadTime(of: object)
    try object.trigger?.checkKeys(of: object)
    guard let named = try namedPolicy(for: object) else {
      if let trigger = object.trigger, trigger.has(anyOf: TriggerMetadata.keys) {
        let policy = try TriggerPolicy(
          trigger: trigger, object: object, catalog: catalog, defaults: defaults, zones: zones,
          leadTime: leadTime
        ).policy()
        return BoundPolicy(policy: Shared(policy), isImplied: true, leadTime: leadTime)
      }
      try checkManifests(for: object)
      try checkDeletions(for: object)
      return BoundPolicy(
        policy: Shared(try impliedPolicy(for: object)), isImplied: true, leadTime: leadTime)
    }
    return BoundPolicy(policy: named, isImplied: false, leadTime: leadTime)
  }

  private func namedPolicy(for object: ScaledObject) throws(AnswerError) -> Shared<Policy>? {
    if let name = object.policy, !name.isEmpty {
      if let key = object.trigger?.signalKey {
        throw AnswerError(
          .invalidReference,
          "metadata \"\(key)\" of \(object) does not go with \"policy\": the policy's signals count; "
            + "leave one of them out")
      }
      guard let policy = catalog.policy(named: name, in: object.namespace) else {
        try checkManifests(for: object)
        throw AnswerError(
          .noPolicy,
          "\(object) names the policy \"\(name)\", but there is none of that name in its "
            + "namespace or without one: create the ScalingPolicy or correct the trigger's "
            + "metadata \"policy\"" + unqualified(name, in: object.namespace) + heldBack)
      }
      guard !policy.observe else {
        throw AnswerError(
          .observedOnly,
          "\(object) names the policy \"\(policy.name)\", which is observed only and answers no"
            + " ScaledObject: take \"observe: true\" out of it, or name another policy")
      }
      return policy
    }
    if let workload = object.workload, !workload.isEmpty,
      let policy = catalog.policy(named: workload, in: object.namespace), !policy.observe
    {
      return policy
    }
    return catalog.policy(named: object.name, in: object.namespace)
      .flatMap { $0.observe ? nil : $0 }
  }

  /// For one that is named with its namespace, as elsewhere.
  private func unqualified(_ name: String, in namespace: String) -> String {
    guard let slash = name.lastIndex(of: "/") else { return "" }
    let last = String(name[slash...].dropFirst())
    return catalog.policy(named: last, in: namespace) == nil
      ? "" : "; write \"\(last)\", without its namespace"
  }

  /// A file with an error may hold the policy that is looked for.
  private var heldBack: String {
    guard let finding = catalog.heldBack.first else { return "" }
    let others = catalog.heldBack.count - 1
    return "; a manifest has an error, and its last good content is used: \(finding)"
      + (others > 0 ? " (and \(others) more)" : "")
  }

  /// While a manifest cannot be read, its policies may be the ones that answer.
  private func checkManifests(for object: ScaledObject) throws(AnswerError) {
    guard let finding = catalog.broken.first else { return }
    let others = catalog.broken.count - 1
    throw AnswerError(
      .noDecision,
      "no policy answers \(object) that is known, and not all could be read: \(finding)"
        + (others > 0 ? " (and \(others) more)" : ""))
  }

  /// A forecast alone may say far less than the policy did.
  private func checkDeletions(for object: ScaledObject) throws(AnswerError) {
    guard !deleted.isEmpty, let (policy, at) = deletion(answering: object) else { return }
    throw AnswerError(
      .noPolicy,
      "the policy \"\(policy)\" that answered \(object) was deleted at \(at.rfc3339), and "
        + "none is implied in its place before "
        + "\(at.advanced(by: DeletedPolicies.lifetime).rfc3339): create the ScalingPolicy "
        + "again, or delete the trigger")
  }

  private func deletion(answering object: ScaledObject) -> (policy: ResourceName, at: Instant)? {
    // No loop over the names and namespaces: the compiler (6.3.1) crashes on one in builds for the
    // fuzzer.
    let workload = object.workload.flatMap { deletion(of: $0, in: object.namespace) }
    return workload ?? deletion(of: object.name, in: object.namespace)
  }

  private func deletion(
    of name: String, in namespace: String
  ) -> (policy: ResourceName, at: Instant)? {
    guard !name.isEmpty else { return nil }
    let own = ResourceName(namespace: namespace, name: name)
    if let at = deleted[own] { return (own, at) }
    let shared = ResourceName(name: name)
    return deleted[shared].map { (shared, $0) }
  }

  /// Only a forecast, of metadata `workload` or else of the ScaledObject's name, as Kedastral does.
  private func impliedPolicy(for object: ScaledObject) throws(AnswerError) -> Policy {
    let workload = object.workload.flatMap { $0.isEmpty ? nil : $0 } ?? object.name
    guard !workload.isEmpty else {
      throw AnswerError(
        .invalidReference,
        "the reference has neither a ScaledObject name nor metadata \"policy\" or "
          + "\"workload\": send one of them")
    }
    guard catalog.dataSource(.forecaster, named: "default", in: nil) != nil else {
      throw AnswerError(
        .noPolicy,
        "no policy answers \(object): there is no ScalingPolicy named \"\(workload)\""
          + (workload == object.name ? "" : " or \"\(object.name)\"")
          + ", and no --forecaster-url from which one could be implied")
    }
    return Policy(
      name: ResourceName(name: workload), leadTime: defaults.leadTime,
      hold: defaults.hold(whenUnavailable: defaults.whenUnavailable),
      signals: [
        Signal(
          name: "forecast", kind: .forecast(ForecastSignal(source: "default", workload: workload)))
      ], whenUnavailable: defaults.whenUnavailable)
  }

  private func leadTime(of object: ScaledObject) throws(AnswerError) -> Duration? {
    guard let text = object.leadTime, !text.isEmpty else { return nil }
    let leadTime: Duration
    do {
      leadTime = try Duration(text: text)
    } catch {
      throw AnswerError(.invalidReference, "metadata \"leadTime\" of \(object): \(error)")
    }
    guard leadTime >= .zero, leadTime <= Self.longestLeadTime else {
      throw AnswerError(
        .invalidReference,
        "metadata \"leadTime\" of \(object) is \(text), but has to be between 0s and "
          + Self.longestLeadTime.text)
    }
    return leadTime
  }

  /// KEDA puts the name into the URL of the external metrics API (C7).
  private func checkMetricName(of object: ScaledObject) throws(AnswerError) {
    let isUsable = object.effectiveMetricName.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard !isUsable else { return }
    throw AnswerError(
      .invalidReference,
      "metadata \"metricName\" of \(object) is \"\(object.effectiveMetricName)\", but only "
        + "letters, digits, \"-\", \"_\" and \".\" survive KEDA's metrics URL")
  }
}

/// A policy, as metadata adjusted it.
package struct BoundPolicy: Sendable {
  package let key: PolicyKey
  package let policy: Shared<Policy>

  /// - Parameter leadTime: the trigger's own, nil for the policy's.
  init(policy: Shared<Policy>, isImplied: Bool, leadTime: Duration?) {
    let override = leadTime == policy.value.leadTime ? nil : leadTime
    key = PolicyKey(name: policy.value.name, isImplied: isImplied, leadTime: override)
    guard let override else {
      self.policy = policy
      return
    }
    var adjusted = policy.value
    adjusted.leadTime = override
    adjusted.name.name += "@\(override.text)"
    self.policy = Shared(adjusted)
  }
}

/// Names one thing that is decided: ScaledObjects that agree on it share a decision.
package struct PolicyKey: Hashable, Sendable {
  package var name: ResourceName
  /// Nil for the policy of a manifest as it is.
  private var change: Shared<Change>?

  private struct Change: Hashable, Sendable {
    var isImplied: Bool
    var leadTime: Duration?
  }

  package init(name: ResourceName, isImplied: Bool = false, leadTime: Duration? = nil) {
    self.name = name
    guard isImplied || leadTime != nil else { return }
    change = Shared(Change(isImplied: isImplied, leadTime: leadTime))
  }

  package var isImplied: Bool { change?.value.isImplied ?? false }

  /// The trigger's own lead time, nil for the policy's.
  package var leadTime: Duration? { change?.value.leadTime }

  /// Whether this is the policy of a manifest as it is.
  var isUnchanged: Bool { change == nil }

  /// The same for the same key in every process: `shop/web`, and for others what makes them others,
  /// between bars.
  package var text: String {
    guard !isUnchanged else { return name.description }
    return "\(isImplied ? "implied" : "")|\(leadTime?.text ?? "")|\(name)"
  }

  /// The name that the text of an unchanged key says; nil for any other text.
  static func policy(text: String) -> ResourceName? {
    guard !text.contains("|") else { return nil }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    return parts.count == 2
      ? ResourceName(namespace: String(parts[0]), name: String(parts[1]))
      : ResourceName(name: text)
  }
}
