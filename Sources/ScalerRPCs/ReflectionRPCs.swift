internal import HTTP2Server
internal import ScalerMessages

/// Server reflection, `v1` and `v1alpha`: both have the same messages.
///
/// Confined to its loop.
struct ReflectionRPCs {
  private let responder: RPCResponder

  init(responder: RPCResponder) {
    self.responder = responder
  }

  func answer(_ request: ReflectionRequest, _ rpc: RPCID) {
    let answer = DescriptorIndex.embedded.answer(to: request.question)
    responder.send(rpc, frame: MessageEncoder.reflectionResponse(to: request, answer))
  }
}
