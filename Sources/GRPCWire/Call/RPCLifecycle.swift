/// Where one RPC of a known method stands: what of the request has come, what of the answer has
/// gone. Decides what each event means; performs nothing.
///
/// The two sides are independent: a server may answer before the request is complete, and what
/// still arrives then is dropped.
package struct RPCLifecycle: Sendable, Equatable {
  enum Request: Sendable, Equatable, CaseIterable {
    /// The client may send; no message has come.
    case awaitingMessage
    /// One message of a unary or server-streaming RPC is held until the client is done.
    case holdingMessage
    /// A bidirectional RPC whose messages are passed on as they come.
    case streaming
    /// The client is done, or is no longer listened to.
    case complete
  }

  enum Response: Sendable, Equatable, CaseIterable {
    case nothing
    case headersSent
    /// Trailers are on their way.
    case ended
  }

  package enum OnMessage: Sendable, Equatable {
    case hold
    case deliver
    case refuse(RPCStatus)
    case drop
  }

  package enum OnRequestEnd: Sendable, Equatable {
    case deliverHeldMessage
    case tellService
    case refuse(RPCStatus)
    case none
  }

  package enum OnSend: Sendable, Equatable {
    case sendHeadersAndMessage
    case sendMessage
    case drop
  }

  package enum OnEnd: Sendable, Equatable {
    /// Nothing was sent: headers and trailers in one block.
    case sendTrailersOnly
    case sendTrailers
    case drop
  }

  private(set) var request: Request
  private(set) var response = Response.nothing
  /// The code that the trailers carry, once they are on their way.
  private var code: RPCCode?

  package init(kind: RPCKind) {
    request = kind == .bidirectionalStreaming ? .streaming : .awaitingMessage
  }

  init(request: Request, response: Response) {
    self.request = request
    self.response = response
    code = response == .ended ? .ok : nil
  }

  /// Whether the client still counts on being read.
  package var isReading: Bool {
    request != .complete && response != .ended
  }

  /// Whether the answer can still be added to.
  package var isAnswerable: Bool { response != .ended }

  /// A message is complete.
  package mutating func messageReceived() -> OnMessage {
    guard response != .ended else { return .drop }
    switch request {
    case .awaitingMessage:
      request = .holdingMessage
      return .hold
    case .holdingMessage:
      return .refuse(
        RPCStatus(.internal, "expected exactly one request message, found a second one"))
    case .streaming:
      return .deliver
    case .complete:
      return .drop
    }
  }

  /// The client has sent its last byte, which was the last of a message.
  package mutating func requestEnded() -> OnRequestEnd {
    let before = request
    request = .complete
    guard response != .ended else { return .none }
    switch before {
    case .awaitingMessage:
      return .refuse(RPCStatus(.internal, "expected exactly one request message, found none"))
    case .holdingMessage: return .deliverHeldMessage
    case .streaming: return .tellService
    case .complete: return .none
    }
  }

  /// The service sends a message.
  package mutating func messageSent() -> OnSend {
    switch response {
    case .nothing:
      response = .headersSent
      return .sendHeadersAndMessage
    case .headersSent: return .sendMessage
    case .ended: return .drop
    }
  }

  /// The service, or the server in its place, ends the RPC.
  package mutating func ended(_ code: RPCCode) -> OnEnd {
    let before = response
    switch before {
    case .nothing, .headersSent:
      response = .ended
      self.code = code
      return before == .nothing ? .sendTrailersOnly : .sendTrailers
    case .ended: return .drop
    }
  }

  /// The server ends the RPC at once, without what is queued: its time is up, or its client does not
  /// read.
  ///
  /// - Parameter hasUnsentTrailers: whether an end that was decided before still waits.
  package mutating func aborted(_ code: RPCCode, hasUnsentTrailers: Bool) -> OnEnd {
    guard response == .ended, hasUnsentTrailers else { return ended(code) }
    self.code = code
    return .sendTrailers
  }

  /// How the RPC ended, now that its stream is gone.
  ///
  /// - Parameter completely: whether all of the answer went out.
  package func outcome(sentCompletely completely: Bool) -> RPCCode {
    guard let code, completely || code == .deadlineExceeded else { return .cancelled }
    return code
  }
}
