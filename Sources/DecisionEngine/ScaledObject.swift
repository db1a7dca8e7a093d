package import Scaling

/// What of a `ScaledObjectRef` decides the answer: the ScaledObject's name, and the metadata keys
/// that Headstart reads. KEDA sends every key of the trigger; the others say nothing (C19).
package struct ScaledObject: Hashable, Sendable, CustomStringConvertible {
  package var namespace: String
  package var name: String
  package var policy: String?
  package var workload: String?
  package var leadTime: String?
  package var metricName: String?
  /// What else the trigger says, such as signals of its own; nil for nothing.
  @Rare package var trigger: TriggerMetadata?

  package init(
    namespace: String, name: String, policy: String? = nil, workload: String? = nil,
    leadTime: String? = nil, metricName: String? = nil, trigger: TriggerMetadata? = nil
  ) {
    self.namespace = namespace
    self.name = name
    self.policy = policy
    self.workload = workload
    self.leadTime = leadTime
    self.metricName = metricName
    self.trigger = trigger
  }

  /// The metric's name towards KEDA: constant unless the trigger asks for another (C7).
  package var effectiveMetricName: String {
    guard let metricName, !metricName.isEmpty else { return Self.defaultMetricName }
    return metricName
  }

  package static let defaultMetricName = "\(metricNameLiteral)"
  package static let metricNameLiteral: StaticString = "desired_replicas"

  /// The bytes of all texts. Names of Kubernetes have 253 at most, and a namespace 63.
  package var byteCount: Int {
    [namespace, name, policy ?? "", workload ?? "", leadTime ?? "", metricName ?? ""]
      .reduce(0) { $0 + $1.utf8.count }
  }

  package static let longest = 2048

  /// What its triggers have in common.
  var resource: ResourceName { ResourceName(namespace: namespace, name: name) }

  /// As a trigger without metadata asks about it.
  var withoutMetadata: ScaledObject { ScaledObject(namespace: namespace, name: name) }

  /// `ScaledObject default/my-api`, for sentences.
  package var description: String {
    "ScaledObject \(namespace.isEmpty ? "-" : namespace)/\(name)"
  }
}
