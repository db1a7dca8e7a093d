internal import DecisionEngine
internal import HTTP2Server
internal import ScalerMessages

/// What one gRPC loop knows of one ScaledObject: its answer, ready to be sent, and who waits for it.
///
/// Confined to the loop.
final class Binding {
  // What every call needs comes first: with the object's header it is one line of the processor's
  // caches, and a fleet of 100,000 ScaledObjects has all others in memory.

  /// On the loop's clock.
  var lastUsed: Duration
  /// The answer to GetMetricSpec, which never changes.
  let specFrame: [UInt8]
  /// The answer to GetMetrics under the metric's own name, and the replicas in it; nil when it is an
  /// error.
  private(set) var metricsFrame: [UInt8]?
  private(set) var replicas = 0
  /// The answer to IsActive, and what it says; nil when it is an error.
  private(set) var activityFrame: [UInt8]?
  private(set) var isActive = false
  /// Whether the engine has told the first answer.
  private(set) var isAnswered = false

  let object: ScaledObject
  /// Nil until the engine has told the first one.
  private(set) var answer: Answer?
  /// Unary RPCs that wait for the first answer.
  var waiting: [(rpc: RPCID, method: ScalerMethod, metricName: String)] = []
  /// Open StreamIsActive RPCs, and whether the last state sent or known was `true`.
  var pushStreams: [RPCID: Bool] = [:]

  init(object: ScaledObject, now: Duration, frames: AnswerFrames) {
    self.object = object
    specFrame =
      object.metricName == nil
      ? frames.spec
      : MessageEncoder.getMetricSpecResponse(metricName: object.effectiveMetricName)
    lastUsed = now
  }

  /// Takes a new answer and prepares its bytes once for all the RPCs that will carry them.
  func take(_ answer: Answer, frames: inout AnswerFrames) {
    self.answer = answer
    isAnswered = true
    switch answer.metrics {
    case .replicas(let count):
      replicas = count
      metricsFrame =
        object.metricName == nil
        ? frames.metrics(replicas: count)
        : MessageEncoder.getMetricsResponse(
          metricName: object.effectiveMetricName, replicas: count)
    case .error:
      metricsFrame = nil
    }
    switch answer.activity {
    case .active:
      isActive = true
      activityFrame = frames.active
    case .inactive:
      isActive = false
      activityFrame = frames.inactive
    case .error:
      isActive = false
      activityFrame = nil
    }
  }
}
