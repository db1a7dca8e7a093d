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
    policy.hold =
      spec.optional("hold")?.hold() ?? defaults.hold(whenUnavailable: policy.whenUnavailable)
    policy.activity = spec.optional("activity").flatMap {
      ActivityDecoder.decode($0, limits: policy.limits)
    }
    policy.scaling = spec.optional("scaling").flatMap(scaling) ?? TargetRules()
    let references = spec.required("signals").map { signals($0, of: &policy, decoder) }
    spec.reportUnknown()
    return ManifestObject(
      content: .policy(Shared(policy)), position: metadata.position, references: references ?? [])
  }

  /// Decodes the signals.
  ///
  /// - Returns: The data sources that they name.
  private static func signals(
    _ field: ManifestValue, of policy: inout Policy, _ decoder: ManifestDecoder
  ) -> [SourceReference] {
    var signals = SignalDecoder(policy: policy.name, limits: policy.limits, decoder: decoder)
    if let items = field.list(atMost: ManifestLimits.signals) {
      if items.isEmpty { field.error("expected at least one signal, found an empty list") }
      for item in items { signals.decode(item) }
    }
    policy.signals = decoder.shared(signals.signals)
    return signals.references
  }

  private static func scaleTarget(_ value: ManifestValue) -> ScaleTarget? {
    guard let fields = value.mapping() else { return nil }
    // What KEDA takes for a scaleTargetRef that names neither.
    let apiVersion = fields.optional("apiVersion")?.text() ?? "apps/v1"
    let kind = fields.optional("kind")?.text() ?? "Deployment"
    let name = fields.required("name")?.objectName()
    fields.reportUnknown()
    return name.map { ScaleTarget(apiVersion: apiVersion, kind: kind, name: $0) }
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
    guard let fields = value.mapping() else { return nil }
    let least = fields.optional("minReplicas")?.integer(in: ManifestLimits.replicas) ?? 0
    let field = fields.optional("maxReplicas")
    let most = field?.integer(in: ManifestLimits.replicas)
    fields.reportUnknown()
    if let field, let most, most < least {
      field.error("expected at least minReplicas, which is \(least), found the number \(most)")
    }
    return ReplicaLimits(minReplicas: least, maxReplicas: most)
  }
}
