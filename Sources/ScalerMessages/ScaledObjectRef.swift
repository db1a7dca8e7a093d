/// Which trigger of which ScaledObject KEDA asks about (`externalscaler.ScaledObjectRef`).
///
/// Of the trigger's metadata it holds the keys that Headstart reads; all others, among them KEDA's
/// own, are counted and dropped (design section 4). Compare and hash this value, never the bytes:
/// a map's order on the wire changes from call to call.
package struct ScaledObjectRef: Hashable, Sendable {
  package var name: String
  package var namespace: String
  /// Metadata `policy`; nil when the trigger does not say.
  package var policy: String?
  /// Metadata `workload`.
  package var workload: String?
  /// Metadata `leadTime`, as written.
  package var leadTime: String?
  /// Metadata `metricName`.
  package var metricName: String?
  /// The other keys that Headstart reads, see `TriggerKey`, in the order of their bytes. A key such as
  /// `queryFromEnv`, whose value KEDA has resolved, stands here as `query`.
  package var entries: [TriggerEntry]
  /// Keys that Headstart does not read; the first few.
  package var ignored: [String]
  /// The entries of the metadata as sent, ignored and repeated keys included.
  package var metadataCount: Int

  package init(
    name: String = "", namespace: String = "", policy: String? = nil, workload: String? = nil,
    leadTime: String? = nil, metricName: String? = nil, entries: [TriggerEntry] = [],
    ignored: [String] = [], metadataCount: Int = 0
  ) {
    self.name = name
    self.namespace = namespace
    self.policy = policy
    self.workload = workload
    self.leadTime = leadTime
    self.metricName = metricName
    self.entries = entries
    self.ignored = ignored
    self.metadataCount = metadataCount
  }
}

/// A question for the value of a metric (`externalscaler.GetMetricsRequest`).
package struct GetMetricsRequest: Hashable, Sendable {
  /// All empty when the message carries none.
  package var scaledObject: ScaledObjectRef
  /// Without the prefix that KEDA adds for the HPA (C7).
  package var metricName: String

  package init(scaledObject: ScaledObjectRef = ScaledObjectRef(), metricName: String = "") {
    self.scaledObject = scaledObject
    self.metricName = metricName
  }
}
