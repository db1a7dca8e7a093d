package import Scaling
package import Telemetry

/// The metrics of direct scaling. Without `--direct` these families have no series.
package struct DirectScalingMetrics: Sendable {
  /// By `result`.
  let operations: CounterFamily
  /// By `namespace`, `kind` and `name`.
  private let current: CollectedFamily
  private let desired: CollectedFamily
  private let setBacks: CollectedFamily

  package init(_ registry: MetricsRegistry) {
    operations = registry.counter(
      "headstart_scale_operations_total", help: "Attempts to scale a target, by result.",
      labels: ["result"])
    let labels = ["namespace", "kind", "name"]
    current = registry.collected(
      .gauge, "headstart_target_current_replicas",
      help: "Replicas that the target asked for when it was seen last; absent while it is missing.",
      labels: labels)
    desired = registry.collected(
      .gauge, "headstart_target_desired_replicas",
      help: "Replicas that the target should have; absent while that is not known.",
      labels: labels)
    setBacks = registry.collected(
      .counter, "headstart_target_set_backs_total",
      help: "How often somebody else has undone what Headstart wrote to the target.",
      labels: labels)
  }

  /// Series whose labels are known from the start begin at 0.
  func declare() {
    for result in ScaleOperation.Outcome.allResults { _ = operations.with([result]) }
  }

  /// Writes a target's replicas; called by a collector, once for each.
  package func write(_ sample: TargetSample, to writer: inout MetricWriter) {
    let labels = [sample.target.namespace, sample.target.kind, sample.target.name]
    if let replicas = sample.current { writer.write(current, Double(replicas), labels: labels) }
    if let replicas = sample.desired { writer.write(desired, Double(replicas), labels: labels) }
    writer.write(setBacks, Double(sample.setBacks), labels: labels)
  }
}

/// The replicas of one target.
package struct TargetSample: Hashable, Sendable {
  package var target: TargetID
  package var current: Int?
  package var desired: Int?
  /// How often somebody else has undone a write.
  package var setBacks: Int
}
