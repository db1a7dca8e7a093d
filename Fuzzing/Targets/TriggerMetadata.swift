internal import CivilTime
internal import DecisionEngine
internal import GRPCWire
internal import ScalerRPCs
internal import Scaling

extension FuzzTarget {
  /// What a trigger's metadata is bound to: a line each for the namespace, the name, and the keys
  /// `policy`, `workload`, `leadTime` and `metricName`, then those of signals.
  static let triggerMetadata = FuzzTarget("trigger-metadata", maxLength: 512) { _ in
    let forecaster = DataSource(
      name: ResourceName(name: "default"), kind: .forecaster, address: "http://f:8081")
    let prometheus = DataSource(
      name: ResourceName(name: "default"), kind: .prometheus, address: "http://p:9090")
    let policies = [ResourceName(namespace: "shop", name: "web"), ResourceName(name: "night")].map {
      Shared(Policy(name: $0, signals: [Signal(name: "calendar", kind: .schedule(Schedule()))]))
    }
    let binder = PolicyBinder(
      catalog: Catalog(
        policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.name, $0) }),
        dataSources: [forecaster.key: forecaster, prometheus.key: prometheus]),
      defaults: PolicyDefaults(), zones: CCTZDatabase())
    return { bytes throws(Broken) in
      let texts = FuzzInput(bytes).texts
      func text(_ index: Int) -> String? { index < texts.count ? texts[index] : nil }
      let object = ScaledObject(
        namespace: text(0) ?? "", name: text(1) ?? "", policy: text(2), workload: text(3),
        leadTime: text(4), metricName: text(5),
        trigger: TriggerMetadata(
          zip(TriggerMetadata.keys, texts.dropFirst(6)).map { (key: $0, value: $1) }))
      let bound: BoundPolicy
      do throws(AnswerError) {
        bound = try binder.bind(object)
      } catch {
        return try requireStatus(RPCStatus(error))
      }
      try require(
        (Duration.zero...PolicyBinder.longestLeadTime).contains(bound.policy.leadTime),
        "a lead time of \(bound.policy.leadTime)")
      try require(!bound.policy.signals.isEmpty, "a policy without signals")
      try require(
        object.effectiveMetricName.utf8.allSatisfy { (0x2D...0x7A).contains($0) },
        "a metric name that breaks KEDA's URL")
    }
  }
}
