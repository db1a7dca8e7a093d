internal import CCurl
package import EventLoop

/// An HTTP/1.1 and HTTP/2 client on libcurl, driven by an event loop.
///
/// Connections are kept and reused, their count is bounded, and nothing blocks: names are looked
/// up on threads of libcurl's. There are no cookies, no `.netrc`, and no proxies, not even from the
/// environment. Redirects are followed within one origin only, so credentials never go elsewhere.
///
/// Confined to its loop: an actor of the loop owns it. Does not retry.
package final class HTTPClient {
  private let userAgent: String
  private let multi: CurlMulti
  private var calls: [UnsafeMutableRawPointer: HTTPCall] = [:]
  /// Requests that were refused before they were sent.
  private var refused: [(call: HTTPCall, failure: HTTPFailure)] = []
  private var refusalTimer: LoopTimer?

  package typealias Completion = (Result<HTTPResponse, HTTPFailure>) -> Void

  /// - Parameter userAgent: Sent with every request, such as `headstart/1.0.0`.
  /// - Throws: when the loop has no room for timers, or libcurl cannot start.
  package init(loop: EventLoop, userAgent: String) throws(EventLoopError) {
    self.userAgent = userAgent
    multi = try CurlMulti(loop: loop)
    refusalTimer = try LoopTimer(on: loop) { [unowned self] in reportRefused() }
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
    let call = HTTPCall(client: self, completion: completion)
    do throws(HTTPFailure) {
      let transfer = try CurlTransfer(request, userAgent: userAgent)
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

  /// Cancels every request and closes every connection. The client is of no use afterwards.
  package func shutdown() {
    for easy in calls.keys { multi.remove(easy) }
    calls.removeAll()
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

  fileprivate init(client: HTTPClient, completion: @escaping HTTPClient.Completion) {
    self.client = client
    self.completion = completion
  }

  /// Ends the request; its completion is not called. Does nothing after the end.
  package func cancel() {
    completion = nil
    client?.cancel(self)
    transfer = nil
  }

  fileprivate func complete(_ result: Result<HTTPResponse, HTTPFailure>) {
    let completion = completion
    self.completion = nil
    transfer = nil
    completion?(result)
  }
}
