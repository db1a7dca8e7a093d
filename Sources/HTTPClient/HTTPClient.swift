internal import CCurl
package import EventLoop

/// An HTTP/1.1 and HTTP/2 client on libcurl, driven by an event loop.
///
/// Connections are kept and reused, their count is bounded, and nothing blocks: names are looked
/// up on threads of libcurl's. There are no cookies, no `.netrc`, and no proxies, not even from the
/// environment. Redirects are followed within one origin only, so credentials never go elsewhere.
/// Answers come whole, or piece by piece (`stream`).
///
/// Confined to its loop: an actor of the loop owns it. Does not retry.
package final class HTTPClient {
  private let userAgent: String
  private let multi: CurlMulti
  private var calls: [UnsafeMutableRawPointer: HTTPCall] = [:]
  /// Requests that were refused before they were sent.
  private var refused: [(call: HTTPCall, failure: HTTPFailure)] = []
  private var refusalTimer: LoopTimer?
  /// Streams for which something has come in this turn of libcurl.
  private var arrivals: [HTTPCall] = []
  private let loop: EventLoop

  package typealias Completion = (Result<HTTPResponse, HTTPFailure>) -> Void

  /// What a data source's limit of concurrent fetches leaves room for.
  package static let connectionsPerHost = 64

  /// - Parameters:
  ///   - userAgent: Sent with every request, such as `headstart/1.0.0`.
  ///   - connectionsPerHost: Requests beyond it wait for a free one.
  /// - Throws: when the loop has no room for timers, or libcurl cannot start.
  package init(
    loop: EventLoop, userAgent: String,
    connectionsPerHost: Int = HTTPClient.connectionsPerHost
  ) throws(EventLoopError) {
    self.loop = loop
    self.userAgent = userAgent
    multi = try CurlMulti(loop: loop, connectionsPerHost: connectionsPerHost)
    refusalTimer = try LoopTimer(on: loop) { [unowned self] in reportRefused() }
    multi.onTurn = { [unowned self] in deliver() }
    multi.onFinished = { [unowned self] easy, code in finished(easy, code) }
  }

  deinit {
    shutdown()
  }

  /// Sends a request.
  ///
  /// - Parameter completion: Called once, on the loop and never from within `send`; not at all
  ///   after `cancel` or `shutdown`.
  @discardableResult
  package func send(_ request: HTTPRequest, completion: @escaping Completion) -> HTTPCall {
    start(request, HTTPCall(client: self, completion: completion))
  }

  /// Sends a request whose answer is taken as it comes.
  ///
  /// The request's `timeout` is the limit for the answer to begin. Redirects are not followed.
  ///
  /// - Parameters:
  ///   - silence: The limit for the next piece to come, after which the stream has failed.
  ///   - onPiece: Called on the loop with what has come of the body, if the status is of success
  ///     (2xx). It may cancel the call.
  ///   - completion: As of `send`. The answer's body is empty where `onPiece` has had it.
  @discardableResult
  package func stream(
    _ request: HTTPRequest, silence: Duration, onPiece: @escaping ([UInt8]) -> Void,
    completion: @escaping Completion
  ) -> HTTPCall {
    var request = request
    request.redirects = .returned
    let call = HTTPCall(client: self, completion: completion)
    call.stream = HTTPCall.Stream(silence: silence, onPiece: onPiece)
    return start(request, call)
  }

  private func start(_ request: HTTPRequest, _ call: HTTPCall) -> HTTPCall {
    do throws(HTTPFailure) {
      let transfer = try CurlTransfer(
        request, userAgent: userAgent, isStream: call.stream != nil)
      if call.stream != nil { try watch(call, transfer) }
      let code = multi.add(transfer.easy)
      guard code == CURLM_OK else {
        throw HTTPFailure(
          kind: .invalidRequest,
          message: "cannot ask \(transfer.url.shown): \(String(cString: curl_multi_strerror(code)))"
        )
      }
      call.transfer = transfer
      calls[transfer.easy] = call
    } catch {
      refused.append((call, error))
      refusalTimer?.start(after: .zero)
    }
    return call
  }

  /// How many requests have no answer yet.
  package var inFlight: Int { calls.count + refused.count }

  /// Cancels every request and closes every connection. The client cannot be used after that.
  package func shutdown() {
    for easy in calls.keys { multi.remove(easy) }
    for call in calls.values { call.stream = nil }
    calls.removeAll()
    arrivals.removeAll()
    refused.removeAll()
    refusalTimer = nil
    multi.close()
  }

  fileprivate func cancel(_ call: HTTPCall) {
    if let transfer = call.transfer, calls.removeValue(forKey: transfer.easy) != nil {
      multi.remove(transfer.easy)
    }
    refused.removeAll { $0.call === call }
  }

  private func reportRefused() {
    let batch = refused
    refused = []
    for (call, failure) in batch { call.complete(.failure(failure)) }
  }

  /// Has the stream tell of what comes, and fail when nothing does.
  private func watch(_ call: HTTPCall, _ transfer: CurlTransfer) throws(HTTPFailure) {
    transfer.onArrival = { [unowned self, unowned call] in
      guard call.stream?.hasArrival == false else { return }
      call.stream?.hasArrival = true
      arrivals.append(call)
    }
    do {
      let timer = try LoopTimer(on: loop) { [unowned self, unowned call] in fellSilent(call) }
      timer.start(after: transfer.request.timeout)
      call.stream?.timer = timer
    } catch {
      throw HTTPFailure(kind: .invalidRequest, message: "\(error)")
    }
  }

  /// Hands on what libcurl has brought, outside of its callbacks.
  private func deliver() {
    let batch = arrivals
    arrivals = []
    for call in batch {
      call.stream?.hasArrival = false
      guard let stream = call.stream, let transfer = call.transfer else { continue }
      stream.timer?.start(after: transfer.hasHead ? stream.silence : transfer.request.timeout)
      guard transfer.deliversPieces else { continue }
      let piece = transfer.takePiece()
      if !piece.isEmpty { stream.onPiece(piece) }
    }
  }

  private func fellSilent(_ call: HTTPCall) {
    guard let transfer = call.transfer, let stream = call.stream else { return }
    let limit = transfer.hasHead ? stream.silence : transfer.request.timeout
    calls[transfer.easy] = nil
    multi.remove(transfer.easy)
    call.complete(.failure(transfer.silence(limit)))
  }

  private func finished(_ easy: UnsafeMutableRawPointer, _ code: CURLcode) {
    multi.remove(easy)
    guard let call = calls[easy], let transfer = call.transfer else { return }
    switch Self.outcome(of: transfer, code) {
    case .follow(let target):
      transfer.follow(to: target)
      // Fails only when libcurl is out of memory; what came so far is then all there is.
      guard multi.add(easy) != CURLM_OK else { return }
      calls[easy] = nil
      call.complete(.failure(transfer.failure(CURLE_SEND_ERROR)))
    case .complete(let result):
      calls[easy] = nil
      call.complete(result)
    }
  }

  private enum Outcome {
    case follow(HTTPURL)
    case complete(Result<HTTPResponse, HTTPFailure>)
  }

  private static func outcome(of transfer: CurlTransfer, _ code: CURLcode) -> Outcome {
    guard code == CURLE_OK else { return .complete(.failure(transfer.failure(code))) }
    guard case .followedWithinOrigin(let limit) = transfer.request.redirects,
      let location = transfer.redirectTarget
    else { return .complete(.success(transfer.response)) }

    let problem: String
    if let target = HTTPURL(location) {
      if target.origin != transfer.url.origin {
        problem =
          "redirected to \(target.shown), which is not followed: set the data source's address to"
          + " the final URL"
      } else if transfer.redirectsFollowed < limit {
        return .follow(target)
      } else {
        problem = "redirected more than \(limit) times"
      }
    } else {
      problem = "redirected to something that is not a URL with http or https"
    }
    return .complete(
      .failure(
        HTTPFailure(
          kind: .redirect, message: "\(transfer.url.shown) \(problem)",
          duration: transfer.duration)))
  }
}

/// A request under way. Letting go of it does not cancel the request.
package final class HTTPCall {
  private weak var client: HTTPClient?
  private var completion: HTTPClient.Completion?
  fileprivate var transfer: CurlTransfer?
  fileprivate var stream: Stream?

  /// How the body is taken that comes in pieces.
  fileprivate struct Stream {
    let silence: Duration
    let onPiece: ([UInt8]) -> Void
    var timer: LoopTimer?
    var hasArrival = false
  }

  fileprivate init(client: HTTPClient, completion: @escaping HTTPClient.Completion) {
    self.client = client
    self.completion = completion
  }

  /// Ends the request; its completion is not called. Does nothing after the end.
  package func cancel() {
    completion = nil
    client?.cancel(self)
    transfer = nil
    stream = nil
  }

  fileprivate func complete(_ result: Result<HTTPResponse, HTTPFailure>) {
    let completion = completion
    self.completion = nil
    transfer = nil
    stream = nil
    completion?(result)
  }
}
