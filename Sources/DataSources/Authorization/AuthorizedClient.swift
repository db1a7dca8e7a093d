internal import HTTPClient
internal import Time

/// Sends the requests of one data source with what lets them in.
///
/// A token is asked for once, however many requests wait for it, and once more before it ends, while
/// requests go on with the one that is held. One that the server refuses with 401 is asked for again,
/// once for each request.
///
/// Confined to the loop of its client.
final class AuthorizedClient {
  typealias Completion = (Result<HTTPResponse, FetchFailure>) -> Void

  private let client: HTTPClient
  private let wallClock: () -> Instant
  private var authority: (any RequestAuthority)?
  private var renewal: HTTPCall?
  private var waiting: [AuthorizedCall] = []
  /// Counts what was handed out, so that only what was refused is given up.
  private var generation = 0
  /// A renewal ahead of time that failed is tried again then.
  private var retryAt = Instant.distantPast

  private static let retryWait = Duration.seconds(5)

  /// - Parameter authority: nil where requests have all that they need.
  init(
    _ client: HTTPClient, authority: (any RequestAuthority)?,
    wallClock: @escaping () -> Instant
  ) {
    self.client = client
    self.authority = authority
    self.wallClock = wallClock
  }

  deinit {
    renewal?.cancel()
  }

  /// Sends a request, as soon as there is what lets it in.
  ///
  /// - Parameter completion: Called once, on the loop and never from within `send`; not at all after
  ///   `cancel`.
  /// - Throws: when it cannot be sent at all.
  func send(
    _ request: HTTPRequest, completion: @escaping Completion
  ) throws(FetchFailure) -> AuthorizedCall {
    let call = AuthorizedCall(request, completion)
    try start(call)
    return call
  }

  private func start(_ call: AuthorizedCall) throws(FetchFailure) {
    var request = call.request
    if authority != nil {
      let now = wallClock()
      try renew(at: now)
      guard let authority, authority.isValid(at: now) else {
        waiting.append(call)
        return
      }
      authority.authorize(&request, at: now)
    }
    call.generation = generation
    call.http = client.send(request) { [weak self] result in
      call.http = nil
      guard let self else { return }
      received(result, by: call)
    }
  }

  private func received(_ result: Result<HTTPResponse, HTTPFailure>, by call: AuthorizedCall) {
    switch result {
    case .failure(let failure): call.complete(.failure(FetchFailure(failure)))
    case .success(let response):
      guard isWorthAnother(response, call) else { return call.complete(.success(response)) }
      call.isSecond = true
      do throws(FetchFailure) {
        try start(call)
      } catch {
        call.complete(.failure(error))
      }
    }
  }

  private func isWorthAnother(_ response: HTTPResponse, _ call: AuthorizedCall) -> Bool {
    guard !call.isSecond, authority != nil else { return false }
    // Another request may have brought something new meanwhile.
    guard call.generation == generation else { return response.status == 401 }
    return authority?.wasRefused(status: response.status) ?? false
  }

  // MARK: Renewals

  private func renew(at now: Instant) throws(FetchFailure) {
    guard renewal == nil else { return }
    let isValid = authority?.isValid(at: now) ?? false
    guard !isValid || now >= retryAt else { return }
    do throws(FetchFailure) {
      guard let request = try authority?.renewal(at: now) else { return }
      renewal = client.send(request) { [weak self] result in
        self?.renewal = nil
        self?.renewed(result)
      }
    } catch {
      guard isValid else { throw error }
      retryAt = now.advanced(by: Self.retryWait)
    }
  }

  private func renewed(_ result: Result<HTTPResponse, HTTPFailure>) {
    let now = wallClock()
    let calls = waiting
    waiting = []
    do throws(FetchFailure) {
      switch result {
      case .success(let response): try authority?.renewed(by: response, at: now)
      case .failure(let failure):
        throw FetchFailure(
          .credentials, concernsSource: true, "no token was handed out: \(failure.message)")
      }
      generation += 1
    } catch {
      retryAt = now.advanced(by: Self.retryWait)
      for call in calls { call.complete(.failure(error)) }
      return
    }
    for call in calls where !call.isOver {
      do throws(FetchFailure) {
        try start(call)
      } catch {
        call.complete(.failure(error))
      }
    }
  }
}

/// A request under way, or waiting for what lets it in.
final class AuthorizedCall {
  fileprivate let request: HTTPRequest
  fileprivate var http: HTTPCall?
  fileprivate var isSecond = false
  fileprivate var generation = 0
  private var completion: AuthorizedClient.Completion?

  fileprivate init(_ request: HTTPRequest, _ completion: @escaping AuthorizedClient.Completion) {
    self.request = request
    self.completion = completion
  }

  fileprivate var isOver: Bool { completion == nil }

  /// Ends the request; its completion is not called. Does nothing after the end.
  func cancel() {
    completion = nil
    http?.cancel()
    http = nil
  }

  fileprivate func complete(_ result: Result<HTTPResponse, FetchFailure>) {
    let completion = completion
    self.completion = nil
    completion?(result)
  }
}
