internal import DecisionEngine
internal import HTTP2Server
internal import ScalerMessages

/// What one gRPC loop knows of one ScaledObject: its answer, ready to be sent, and the calls that wait
/// for it.
///
/// Confined to the loop.
final class Binding {
  // What every call needs comes first: with the object's header it is one line of the processor's
  // caches.

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
  /// Whether the engine has sent the first answer.
  private(set) var isAnswered = false

  let object: ScaledObject
  /// The object's reference.
  let key: ByteKey
  /// Whether request messages are remembered for it.
  var isRemembered = false
  /// Whether its name, or its policy's, is the client's own.
  var isImplied = false
  /// What it counts until it is answered.
  let cost: Int
  /// Nil until the engine has sent the first one.
  private(set) var answer: Answer?
  /// Unary RPCs that wait for the first answer.
  var waiting: [(rpc: RPCID, method: ScalerMethod, metricName: String)] = []

  init(object: ScaledObject, key: ByteKey, now: Duration, frames: AnswerFrames) {
    self.object = object
    self.key = key
    cost = Self.size + 3 * (object.byteCount + (object.trigger?.byteCount ?? 0))
    specFrame =
      object.metricName == nil
      ? frames.spec
      : MessageEncoder.getMetricSpecResponse(metricName: object.effectiveMetricName)
    lastUsed = now
  }

  /// What a binding takes beside its texts.
  private static let size = 1024

  /// Whether no policy answers the ScaledObject, or its reference is invalid.
  var isRefused: Bool {
    if case .error(let error) = answer?.metrics { !error.passesByItself } else { false }
  }

  var hasNumber: Bool { metricsFrame != nil }

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

/// By identity.
extension Binding: Hashable {
  static func == (left: Binding, right: Binding) -> Bool { left === right }

  func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(self))
  }
}

extension AnswerError {
  /// Whether the answer may come without a change of the reference or of the policies.
  var passesByItself: Bool { kind == .noDecision }
}
