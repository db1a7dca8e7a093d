internal import HTTP2Server
internal import ScalerMessages

/// What one gRPC loop knows of one ScaledObject: its answer, ready to be sent, and who waits for it.
///
/// Confined to the loop.
final class Binding {
  let object: ScaledObject
  /// Nil until the engine has told the first one.
  private(set) var answer: Answer?
  /// The answer to GetMetricSpec, which never changes.
  let specFrame: [UInt8]
  /// The answer to GetMetrics under the metric's own name, and the replicas in it; nil when it is an
  /// error.
  private(set) var metricsFrame: [UInt8]?
  private(set) var replicas = 0
  /// The answer to IsActive, and what it says; nil when it is an error.
  private(set) var activityFrame: [UInt8]?
  private(set) var isActive = false
  /// Unary RPCs that wait for the first answer.
  var waiting: [(rpc: RPCID, method: ScalerMethod, metricName: String)] = []
  /// Open StreamIsActive RPCs, and whether the last state sent or known was `true`.
  var pushStreams: [RPCID: Bool] = [:]
  /// On the loop's clock.
  var lastUsed: Duration

  init(object: ScaledObject, now: Duration) {
    self.object = object
    specFrame =
      object.metricName == nil
      ? Self.defaultSpecFrame
      : MessageEncoder.getMetricSpecResponse(metricName: object.effectiveMetricName)
    lastUsed = now
  }

  static let activeFrame = MessageEncoder.isActiveResponse(true)
  static let inactiveFrame = MessageEncoder.isActiveResponse(false)
  static let defaultSpecFrame = MessageEncoder.getMetricSpecResponse(
    metricName: ScaledObject.defaultMetricName)

  /// Takes a new answer and prepares its bytes once for all the RPCs that will carry them.
  func take(_ answer: Answer) {
    self.answer = answer
    switch answer.metrics {
    case .replicas(let count):
      replicas = count
      metricsFrame = MessageEncoder.getMetricsResponse(
        metricName: object.effectiveMetricName, replicas: count)
    case .error:
      metricsFrame = nil
    }
    switch answer.activity {
    case .active:
      isActive = true
      activityFrame = Self.activeFrame
    case .inactive:
      isActive = false
      activityFrame = Self.inactiveFrame
    case .error:
      isActive = false
      activityFrame = nil
    }
  }
}
