internal import DecisionEngine
internal import GRPCWire
internal import HTTP2Server
internal import ScalerMessages

/// Answers calls from bindings, and counts what was answered.
///
/// Confined to its loop.
struct AnswerResponder {
  private let responder: RPCResponder
  private let metrics: RPCMetrics

  init(responder: RPCResponder, metrics: RPCMetrics) {
    self.responder = responder
    self.metrics = metrics
  }

  /// Answers GetMetrics.
  ///
  /// - Parameter metricName: the metric that the call asks for; empty for the trigger's own.
  func answerMetrics(_ rpc: RPCID, _ binding: Binding, metricName: String) {
    // The answer itself is not looked at, which would copy it.
    if let frame = binding.metricsFrame {
      metrics.returned(replicas: binding.replicas)
      responder.respond(
        rpc,
        frame: metricName.isEmpty
          ? frame
          : MessageEncoder.getMetricsResponse(metricName: metricName, replicas: binding.replicas))
    } else if case .error(let error) = binding.answer?.metrics {
      responder.end(rpc, status: RPCStatus(error))
    } else {
      responder.end(rpc, status: Self.noAnswerYet(binding.object))
    }
  }

  /// Answers IsActive.
  func answerActivity(_ rpc: RPCID, _ binding: Binding) {
    if let frame = binding.activityFrame {
      metrics.answered(isActive: binding.isActive)
      responder.respond(rpc, frame: frame)
    } else if case .error(let error) = binding.answer?.activity {
      responder.end(rpc, status: RPCStatus(error))
    } else {
      responder.end(rpc, status: Self.noAnswerYet(binding.object))
    }
  }

  private static func noAnswerYet(_ object: ScaledObject) -> RPCStatus {
    RPCStatus(.unavailable, "\(object) has no decision yet: ask again")
  }
}
