internal import Testing

@testable internal import GRPCWire

@Suite struct RPCLifecycleTests {
  typealias Request = RPCLifecycle.Request
  typealias Response = RPCLifecycle.Response

  @Test(arguments: Request.allCases, Response.allCases)
  func `a message arrives`(request: Request, response: Response) {
    var rpc = RPCLifecycle(request: request, response: response)
    let order = rpc.messageReceived()
    switch (request, response) {
    case (_, .ended), (.complete, _):
      #expect(order == .drop)
      #expect(rpc.request == request)
    case (.awaitingMessage, _):
      #expect(order == .hold)
      #expect(rpc.request == .holdingMessage)
    case (.holdingMessage, _):
      guard case .refuse(let status) = order else {
        Issue.record("\(order)")
        return
      }
      #expect(status.code == .internal)
      #expect(status.message == "expected exactly one request message, found a second one")
    case (.streaming, _):
      #expect(order == .deliver)
      #expect(rpc.request == .streaming)
    }
    #expect(rpc.response == response)
  }

  @Test(arguments: Request.allCases, Response.allCases)
  func `the request ends`(request: Request, response: Response) {
    var rpc = RPCLifecycle(request: request, response: response)
    let order = rpc.requestEnded()
    switch (request, response) {
    case (_, .ended), (.complete, _):
      #expect(order == .none)
    case (.awaitingMessage, _):
      #expect(
        order
          == .refuse(RPCStatus(.internal, "expected exactly one request message, found none")))
    case (.holdingMessage, _):
      #expect(order == .deliverHeldMessage)
    case (.streaming, _):
      #expect(order == .tellService)
    }
    #expect(rpc.request == .complete)
    #expect(!rpc.isReading)
  }

  @Test(arguments: Request.allCases, Response.allCases)
  func `the service sends`(request: Request, response: Response) {
    var rpc = RPCLifecycle(request: request, response: response)
    let order = rpc.messageSent()
    switch response {
    case .nothing:
      #expect(order == .sendHeadersAndMessage)
      #expect(rpc.response == .headersSent)
    case .headersSent:
      #expect(order == .sendMessage)
      #expect(rpc.response == .headersSent)
    case .ended:
      #expect(order == .drop)
      #expect(rpc.response == .ended)
    }
    #expect(rpc.request == request)
  }

  @Test(arguments: Request.allCases, Response.allCases)
  func `the RPC is ended`(request: Request, response: Response) {
    var rpc = RPCLifecycle(request: request, response: response)
    let order = rpc.ended(.notFound)
    switch response {
    case .nothing: #expect(order == .sendTrailersOnly)
    case .headersSent: #expect(order == .sendTrailers)
    case .ended: #expect(order == .drop)
    }
    #expect(rpc.response == .ended)
    #expect(!rpc.isReading)
    #expect(rpc.outcome(sentCompletely: true) == (response == .ended ? .ok : .notFound))
  }

  @Test(arguments: Response.allCases, [true, false])
  func `the RPC is aborted`(response: Response, hasUnsentTrailers: Bool) {
    var rpc = RPCLifecycle(request: .complete, response: response)
    let order = rpc.aborted(.deadlineExceeded, hasUnsentTrailers: hasUnsentTrailers)
    switch (response, hasUnsentTrailers) {
    case (.nothing, _): #expect(order == .sendTrailersOnly)
    case (.headersSent, _), (.ended, true): #expect(order == .sendTrailers)
    case (.ended, false): #expect(order == .drop)
    }
    let isLate = response == .ended && !hasUnsentTrailers
    #expect(rpc.outcome(sentCompletely: true) == (isLate ? .ok : .deadlineExceeded))
  }

  @Test func `an RPC whose answer did not go out whole was cancelled`() {
    var rpc = RPCLifecycle(kind: .unary)
    #expect(rpc.outcome(sentCompletely: false) == .cancelled)
    _ = rpc.ended(.ok)
    #expect(rpc.outcome(sentCompletely: false) == .cancelled)
    #expect(rpc.outcome(sentCompletely: true) == .ok)
  }

  @Test func `a deadline is told apart from a cancellation even if the client did not wait`() {
    var rpc = RPCLifecycle(kind: .unary)
    _ = rpc.aborted(.deadlineExceeded, hasUnsentTrailers: false)
    #expect(rpc.outcome(sentCompletely: false) == .deadlineExceeded)
  }

  @Test(arguments: RPCKind.allCases)
  func `starts by reading`(kind: RPCKind) {
    let rpc = RPCLifecycle(kind: kind)
    #expect(rpc.isReading)
    #expect(rpc.isAnswerable)
    #expect(rpc.request == (kind == .bidirectionalStreaming ? .streaming : .awaitingMessage))
  }
}
