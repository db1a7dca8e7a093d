internal import DecisionEngine
internal import ScalerMessages

extension ScaledObject {
  init(_ ref: ScaledObjectRef) {
    self.init(
      namespace: ref.namespace, name: ref.name, policy: ref.policy, workload: ref.workload,
      leadTime: ref.leadTime, metricName: ref.metricName,
      trigger: TriggerMetadata(ref.entries.map { (key: $0.key, value: $0.value) }))
  }
}

extension ReferenceKey {
  mutating func fill(_ object: ScaledObject) {
    fill(
      name: object.name, namespace: object.namespace, policy: object.policy,
      workload: object.workload, leadTime: object.leadTime, metricName: object.metricName,
      entries: object.trigger?.entries.map { ($0.key, $0.value) } ?? [])
  }
}
