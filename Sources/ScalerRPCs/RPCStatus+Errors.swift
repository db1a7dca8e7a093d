package import DecisionEngine
package import GRPCWire
internal import ScalerMessages

/// The gRPC status of each error that a call can meet.
extension RPCStatus {
  package init(_ error: AnswerError) {
    let code: RPCCode =
      switch error.kind {
      case .invalidReference: .invalidArgument
      case .noPolicy: .notFound
      case .observedOnly: .failedPrecondition
      case .tooManyObjects: .resourceExhausted
      case .noDecision, .noZones: .unavailable
      }
    self.init(code, error.message)
  }

  init(_ error: MessageError) {
    let code: RPCCode =
      switch error.kind {
      case .malformed, .invalidText: .invalidArgument
      case .tooLarge: .resourceExhausted
      }
    self.init(code, error.message)
  }
}
