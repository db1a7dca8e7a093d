internal import DecisionEngine
internal import GRPCWire
internal import ScalerRPCs
internal import Testing

@Suite struct RPCStatusErrorsTests {
  @Test(arguments: [
    (AnswerError.Kind.invalidReference, RPCCode.invalidArgument), (.noPolicy, .notFound),
    (.tooManyObjects, .resourceExhausted), (.noDecision, .unavailable),
    (.observedOnly, .failedPrecondition), (.noZones, .unavailable),
  ])
  func `every error of the engine has a status`(kind: AnswerError.Kind, code: RPCCode) {
    #expect(RPCStatus(AnswerError(kind, "why")) == RPCStatus(code, "why"))
  }
}
