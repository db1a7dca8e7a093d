internal import Scaling
internal import Time

/// What `check` says of a ScaledObject of KEDA that asks Headstart.
struct ScaledObjectReview {
  let catalog: Catalog
  let problem: ScaledObjectTrigger.Problem

  /// KEDA's defaults.
  private static let pollingInterval = 30
  private static let cooldownPeriod = 300
  private static let maxReplicaCount = 100

  /// Reports findings about an object; other objects have none.
  func review(_ object: ManifestValue) {
    guard let fields = object.fields, fields["kind"]?.scalarText == "ScaledObject",
      fields["apiVersion"]?.scalarText?.hasPrefix("keda.sh/") == true,
      let name = fields["metadata"]?.fields?["name"]?.scalarText,
      let specField = fields["spec"], let spec = specField.fields
    else { return }
    let namespace = fields["metadata"]?.fields?["namespace"]?.scalarText ?? "default"
    let triggers = spec["triggers"]?.list() ?? []
    let ours = triggers.filter { isOurs($0, name: name, namespace: namespace) }
    guard !ours.isEmpty else { return }
    for trigger in ours {
      let policy = policy(of: trigger, name: name, namespace: namespace)
      reviewMetric(of: trigger)
      reviewMetadata(of: trigger, name: name, namespace: namespace)
      if let policy { review(policy, spec, specField) }
    }
    for trigger in triggers where !ours.contains(where: { $0.node.index == trigger.node.index }) {
      trigger.warning(
        "a second trigger beside Headstart's fails with it while Headstart is away (KEDA #5914); put a "
          + "live query into the policy instead")
    }
    reviewCooldown(spec, specField)
    reviewFallback(spec)
    reviewTolerance(spec, specField)
  }

  /// Whether a trigger asks Headstart: external, and by its address or by what it names.
  private func isOurs(_ trigger: ManifestValue, name: String, namespace: String) -> Bool {
    guard let fields = trigger.fields,
      ["external", "external-push"].contains(fields["type"]?.scalarText ?? "")
    else { return false }
    let metadata = fields["metadata"]?.fields ?? [:]
    return metadata["scalerAddress"]?.scalarText?.contains("headstart") == true
      || metadata["policy"] != nil || catalog.policy(named: name, in: namespace) != nil
      || metadata["workload"]?.scalarText.flatMap { catalog.policy(named: $0, in: namespace) }
        != nil
  }

  /// The policy that answers; reports one that is named and is not there.
  private func policy(of trigger: ManifestValue, name: String, namespace: String) -> Policy? {
    let metadata = trigger.fields?["metadata"]?.fields ?? [:]
    if let field = metadata["policy"], let wanted = field.scalarText, !wanted.isEmpty {
      if let policy = catalog.policy(named: wanted, in: namespace) { return policy.value }
      guard !catalog.policies.isEmpty else { return nil }
      let names = catalog.policies.keys
        .filter { $0.namespace == nil || $0.namespace == namespace }.map(\.name).sorted()
      let last = wanted.split(separator: "/").last.map(String.init) ?? ""
      let isQualified = wanted.contains("/") && catalog.policy(named: last, in: namespace) != nil
      let hint =
        isQualified
        ? "write \(last): a trigger names a policy without its namespace"
        : Suggestion.nearest(to: wanted, among: names).map { "did you mean \($0)?" }
          ?? (names.isEmpty
            ? "none is there" : "there is \(names.prefix(10).joined(separator: ", "))")
      field.error(
        "there is no policy \(quoted(wanted)) in the namespace \(namespace) or without one; \(hint)"
      )
      return nil
    }
    let candidates = [metadata["workload"]?.scalarText, name].compactMap(\.self)
    for candidate in candidates {
      if let policy = catalog.policy(named: candidate, in: namespace) { return policy.value }
    }
    return nil
  }

  private func reviewMetadata(of trigger: ManifestValue, name: String, namespace: String) {
    guard let field = trigger.fields?["metadata"], let metadata = field.fields else { return }
    let asked = ScaledObjectTrigger(
      namespace: namespace, name: name, metadata: metadata.compactMapValues(\.scalarText))
    if let sentence = problem(asked, catalog) { field.error(sentence) }
  }

  private func reviewMetric(of trigger: ManifestValue) {
    guard let fields = trigger.fields else { return }
    if let field = fields["metricType"], let type = field.scalarText, type != "AverageValue" {
      let why =
        type == "Value"
        ? "with Value the HPA multiplies Headstart's number by the count of ready pods"
        : "KEDA refuses it for external scalers"
      field.error("expected AverageValue, found \(quoted(type)): \(why); leave metricType out")
    }
    if let field = fields["useCachedMetrics"], field.scalarText == "true" {
      field.warning(
        "KEDA's cache makes Headstart's numbers up to a polling interval older; leave it out")
    }
  }

  private func review(_ policy: Policy, _ spec: [String: ManifestValue], _ place: ManifestValue) {
    let most = spec["maxReplicaCount"]?.scalarText.flatMap { Int($0) } ?? Self.maxReplicaCount
    if let limit = policy.limits.maxReplicas, limit > most {
      (spec["maxReplicaCount"] ?? place).warning(
        "maxReplicaCount is \(most)\(spec["maxReplicaCount"] == nil ? ", KEDA's default," : "") and the "
          + "policy \(policy.name) goes up to \(limit): the HPA stops at \(most)")
    }
    let least = spec["minReplicaCount"]?.scalarText.flatMap { Int($0) } ?? 0
    if let limit = policy.limits.maxReplicas, least > limit {
      (spec["minReplicaCount"] ?? place).warning(
        "minReplicaCount is \(least), and the policy \(policy.name) never asks for more than \(limit)"
      )
    }
    let interval = Duration.seconds(
      spec["pollingInterval"]?.scalarText.flatMap { Int($0) } ?? Self.pollingInterval)
    if policy.leadTime > .zero, interval * 2 > policy.leadTime {
      (spec["pollingInterval"] ?? place).warning(
        "pollingInterval is \(interval.text) and the lead time of \(policy.name) \(policy.leadTime.text): "
          + "up to an interval of it is lost; poll at least four times in a lead time")
    }
  }

  /// C32: an edit may cost a healthy object its replicas.
  private func reviewCooldown(_ spec: [String: ManifestValue], _ place: ManifestValue) {
    let least = spec["minReplicaCount"]?.scalarText.flatMap { Int($0) } ?? 0
    let interval =
      spec["pollingInterval"]?.scalarText.flatMap { Int($0) } ?? Self.pollingInterval
    let cooldown = spec["cooldownPeriod"]?.scalarText.flatMap { Int($0) } ?? Self.cooldownPeriod
    guard least == 0, cooldown < 2 * interval else { return }
    (spec["cooldownPeriod"] ?? place).warning(
      "cooldownPeriod is \(cooldown) s and pollingInterval \(interval) s: an edit of the ScaledObject may "
        + "take the workload to zero; write a cooldownPeriod of at least \(2 * interval)")
  }

  private func reviewFallback(_ spec: [String: ManifestValue]) {
    guard let field = spec["fallback"], let fallback = field.fields else { return }
    if let replicas = fallback["replicas"], replicas.scalarText == "0" {
      replicas.warning("a fallback of 0 takes the workload to zero when its signals are unknown")
    }
    field.warning(
      "KEDA uses fallback only where Headstart answers an error, which is where nothing was ever "
        + "known; with hold: 5m in the policy, also when a signal is lost for that long")
  }

  private func reviewTolerance(_ spec: [String: ManifestValue], _ place: ManifestValue) {
    let most = spec["maxReplicaCount"]?.scalarText.flatMap { Int($0) } ?? Self.maxReplicaCount
    guard most > 10 else { return }
    let behavior = spec["advanced"]?.fields?["horizontalPodAutoscalerConfig"]?.fields?["behavior"]?
      .fields
    for direction in ["scaleUp", "scaleDown"] {
      let tolerance = behavior?[direction]?.fields?["tolerance"]?.scalarText
      guard tolerance.flatMap({ Double($0) }) != 0 else { continue }
      place.warning(
        "the HPA ignores a change of up to \(tolerance.map { "\($0)" } ?? "10 %"); write "
          + "advanced.horizontalPodAutoscalerConfig.behavior.\(direction).tolerance: 0")
    }
  }
}

extension ManifestValue {
  /// The fields of a mapping that are not null, by name; nil for anything else. Nothing is reported.
  fileprivate var fields: [String: ManifestValue]? {
    guard node.kind == .mapping, let entries = textMapping() else { return nil }
    return Dictionary(
      entries.filter { !$0.value.node.isNull }.map { ($0.name, $0.value) },
      uniquingKeysWith: { first, _ in first })
  }

  fileprivate var scalarText: String? {
    node.isScalar ? String(decoding: node.bytes, as: UTF8.self) : nil
  }
}
