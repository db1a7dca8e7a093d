internal import Scaling

/// `ScalingPolicy` of `headstart.dev/v1alpha1`: what one workload wants.
enum ScalingPolicyKind: ManifestKind {
  static let apiVersion = "headstart.dev/v1alpha1"
  static let kind = "ScalingPolicy"

  static func decode(
    spec: ManifestFields, metadata: ObjectMetadata, decoder: ManifestDecoder
  ) -> ManifestObject? {
    let toWeek = Duration.zero...ManifestLimits.week
    let defaults = decoder.defaults
    var policy = Policy(name: metadata.name, signals: [])
    policy.scaleTarget = spec.optional("scaleTargetRef").flatMap(scaleTarget)
    policy.leadTime = spec.optional("leadTime")?.duration(in: toWeek) ?? defaults.leadTime
    policy.limits = spec.optional("limits").flatMap(limits) ?? ReplicaLimits()
    policy.whenUnavailable =
      spec.optional("whenUnavailable")?.choice([("error", .error), ("inactive", .inactive)])
      ?? defaults.whenUnavailable
    let hold = spec.optional("hold")
    policy.hold =
      hold?.hold() ?? defaults.hold(whenUnavailable: policy.whenUnavailable)
    policy.activity = spec.optional("activity").flatMap {
      ActivityDecoder.decode($0, limits: policy.limits, zones: decoder.zones)
    }
    policy.scaling = spec.optional("scaling").flatMap(scaling) ?? TargetRules()
    policy.observe = spec.optional("observe")?.boolean() ?? false
    let decoded = spec.required("signals", example: "[{schedule: {default: 2}}]").map {
      signals($0, of: &policy, decoder)
    }
    spec.reportUnknown(elsewhere: PolicyFieldHome.advice)
    var leftOut = decoded?.leftOut ?? []
    if hold != nil || policy.whenUnavailable == .inactive { leftOut.remove(.hold) }
    if policy.signals.count < 2 { leftOut.remove(.required) }
    return ManifestObject(
      content: .policy(Shared(policy)), position: metadata.position,
      references: decoded?.references ?? [], calendars: decoded?.calendars ?? [],
      calendarSchedules: decoded?.calendarSchedules ?? [], leftOut: leftOut)
  }

  /// Decodes the signals.
  ///
  /// - Returns: with the data sources and calendars that they name, and what they leave out.
  private static func signals(
    _ field: ManifestValue, of policy: inout Policy, _ decoder: ManifestDecoder
  ) -> SignalDecoder {
    var signals = SignalDecoder(
      policy: policy.name, leadTime: policy.leadTime, limits: policy.limits, decoder: decoder)
    if let items = field.list(atMost: ManifestLimits.signals) {
      if items.isEmpty { field.error("expected at least one signal, found an empty list") }
      for item in items { signals.decode(item) }
    }
    policy.signals = decoder.shared(signals.signals)
    if let rule = policy.ruleRelativeToNothing {
      field.error(
        "the replicas of rule \(quoted(rule)) are relative to what the policy asks for otherwise, which"
          + " is never more than 0; add another signal, or a rule or a default with a number, such as"
          + " default: 2")
    }
    return signals
  }

  private static func scaleTarget(_ value: ManifestValue) -> ScaleTarget? {
    guard let fields = value.mapping(hint: "write {kind: Deployment, name: my-api}") else {
      return nil
    }
    // What KEDA takes for a scaleTargetRef that names neither.
    let apiVersion = fields.optional("apiVersion")?.text() ?? "apps/v1"
    let kind = fields.optional("kind").flatMap { spelledKind($0, of: apiVersion) } ?? "Deployment"
    let name = fields.required("name")?.objectName()
    fields.reportUnknown()
    return name.map { ScaleTarget(apiVersion: apiVersion, kind: kind, name: $0) }
  }

  /// A kind, in the spelling that the API server knows.
  private static func spelledKind(_ value: ManifestValue, of apiVersion: String) -> String? {
    guard let written = value.text() else { return nil }
    let lower = written.lowercased()
    let known = ["Deployment", "StatefulSet", "ReplicaSet"]
    guard apiVersion == "apps/v1", !known.contains(written),
      let meant = known.first(where: { [$0.lowercased(), $0.lowercased() + "s"].contains(lower) })
    else { return written }
    value.warning("apps/v1 has no kind \(written): \(meant) is used, write that")
    return meant
  }

  private static func scaling(_ value: ManifestValue) -> TargetRules? {
    guard let fields = value.mapping() else { return nil }
    var rules = TargetRules()
    rules.cooldown = fields.optional("cooldown")?.duration(in: .zero...ManifestLimits.week)
    rules.cooldownOnUp = fields.optional("cooldownOnUp")?.boolean() ?? true
    rules.maxDownPercentPerStep = fields.optional("maxDownPercentPerStep")?.integer(in: 1...100)
    fields.reportUnknown()
    return rules
  }

  private static func limits(_ value: ManifestValue) -> ReplicaLimits? {
    guard let fields = value.mapping(hint: "write {minReplicas: 2, maxReplicas: 50}") else {
      return nil
    }
    let least = fields.optional("minReplicas")?.integer(in: ManifestLimits.replicas) ?? 0
    let field = fields.optional("maxReplicas")
    let most = field?.integer(in: ManifestLimits.replicas)
    fields.reportUnknown(elsewhere: PolicyFieldHome.advice)
    if let field, let most, most < least {
      field.error("expected at least minReplicas, which is \(least), found the number \(most)")
    }
    return ReplicaLimits(minReplicas: least, maxReplicas: most)
  }
}

extension Policy {
  /// The first rule with relative replicas in a policy in which nothing else asks for any.
  fileprivate var ruleRelativeToNothing: String? {
    var name: String?
    for signal in signals where !signal.observe {
      guard case .schedule(let schedule) = signal.kind, schedule.defaultReplicas == 0,
        schedule.rules.allSatisfy({ $0.replicas ?? 0 == 0 })
      else { return nil }
      name = name ?? schedule.rules.first { $0.increase != nil }?.name
    }
    return name
  }
}
