internal import Scaling

/// `ElastiService` of `elasti.truefoundry.com/v1alpha1`: KubeElasti's way to zero and back.
///
/// Every trigger becomes a switched query, and the object the rules of activity. The present values
/// count and no lead time.
enum ElastiServiceKind: ManifestKind {
  static let apiVersion = "elasti.truefoundry.com/v1alpha1"
  static let kind = "ElastiService"

  static func decode(
    spec: ManifestFields, metadata: ObjectMetadata, decoder: ManifestDecoder
  ) -> ManifestObject? {
    let target = spec.required("scaleTargetRef").flatMap(target)
    let service = spec.required("service")?.objectName()
    let counts = 1...ManifestLimits.replicas.upperBound
    let activeReplicas = spec.optional("minTargetReplicas")?.integer(in: counts) ?? 1
    let cooldown = cooldown(spec)
    let triggers = spec.optional("triggers")?.list(atMost: ManifestLimits.signals) ?? []
    let autoscaler = spec.optional("autoscaler").flatMap(autoscaler) ?? .none
    let period = spec.optional("enabledPeriod").flatMap {
      ActivityDecoder.enabledPeriod($0, zones: decoder.zones)
    }
    if let probes = spec.optional("probeResponse") {
      probes.warning("has no effect: Headstart answers no requests in place of a workload")
    }
    spec.reportUnknown()
    if triggers.isEmpty {
      spec.value.warning("there are no triggers, so that only a wake-up scales the workload")
    }

    var decoded = TriggerDecoder(
      service: metadata.name, activeReplicas: activeReplicas, cooldown: cooldown,
      servers: decoder.defaults.triggerServers)
    for trigger in triggers { decoded.decode(trigger) }
    let policy = Policy(
      name: metadata.name, leadTime: .zero, hold: decoder.defaults.hold, signals: decoded.signals,
      whenUnavailable: decoder.defaults.whenUnavailable, kind: .elastiService, scaleTarget: target,
      activity: ActivityRules(
        cooldown: cooldown, activeReplicas: activeReplicas, enabledPeriod: period,
        service: service),
      // The cooldown of the activity is the only one: who is woken does not wait.
      scaling: TargetRules(
        cooldown: .zero, cooldownOnUp: false, autoscaler: autoscaler, extent: .toAndFromZero))
    return ManifestObject(
      content: .policy(Shared(policy)), position: metadata.position, references: decoded.references,
      ownSources: decoded.sources)
  }

  /// The plural words are what KubeElasti's older manifests write.
  private static let plurals = [
    "deployments": "Deployment", "statefulsets": "StatefulSet", "rollouts": "Rollout",
  ]

  private static func target(_ value: ManifestValue) -> ScaleTarget? {
    guard let fields = value.mapping() else { return nil }
    let apiVersion = fields.required("apiVersion")?.text()
    let kind = fields.required("kind")?.text()
    let name = fields.required("name")?.objectName()
    fields.reportUnknown()
    guard let apiVersion, let kind, let name else { return nil }
    return ScaleTarget(apiVersion: apiVersion, kind: plurals[kind] ?? kind, name: name)
  }

  private static func cooldown(_ spec: ManifestFields) -> Duration {
    let standard = ActivityRules.Defaults.cooldown
    guard let field = spec.optional("cooldownPeriod") else {
      spec.value.warning("cooldownPeriod is absent, which means \(standard.components.seconds) s")
      return standard
    }
    guard let seconds = field.integer(in: ManifestLimits.cooldownPeriod) else { return standard }
    guard seconds > 0 else {
      field.warning("0 means \(standard.components.seconds) s")
      return standard
    }
    return .seconds(seconds)
  }

  private static func autoscaler(_ value: ManifestValue) -> TargetRules.Autoscaler? {
    guard let fields = value.mapping() else { return nil }
    let isKEDA = fields.required("type")?.choice([("keda", true), ("hpa", false)])
    let name = fields.required("name")?.objectName()
    fields.reportUnknown()
    guard let isKEDA, let name else { return nil }
    return isKEDA ? .keda(name) : .hpa(name)
  }
}
