internal import DecisionEngine
internal import ScalerMessages

/// The answers that the ScaledObjects of one loop have in common: a fleet of 100,000 gives a few dozen
/// different ones.
///
/// Each loop has its own, because their references are counted, and processors that count the same
/// ones wait for each other.
struct AnswerFrames {
  let active = MessageEncoder.isActiveResponse(true)
  let inactive = MessageEncoder.isActiveResponse(false)
  /// The answer to GetMetricSpec for a trigger that does not name its metric.
  let spec = MessageEncoder.getMetricSpecResponse(metricName: ScaledObject.defaultMetricName)
  /// By the number of replicas.
  private var metrics: [[UInt8]?] = []

  /// Answers with more replicas, which few workloads have, are encoded for each call.
  static let mostReplicas = 1_000

  /// The answer to GetMetrics with so many replicas, for a trigger that does not name its metric.
  mutating func metrics(replicas: Int) -> [UInt8] {
    if metrics.indices.contains(replicas), let frame = metrics[replicas] { return frame }
    let frame = MessageEncoder.getMetricsResponse(
      metricName: ScaledObject.defaultMetricName, replicas: replicas)
    guard (0...Self.mostReplicas).contains(replicas) else { return frame }
    if replicas >= metrics.count {
      metrics += Array(repeating: nil, count: replicas + 1 - metrics.count)
    }
    metrics[replicas] = frame
    return frame
  }
}
