package import EventLoop
package import HTTPClient
internal import Telemetry
internal import Time

/// Talks to the API server of one cluster (Kubernetes API conventions).
///
/// It is responsible for credentials, deadlines, the meaning of failures, and for trying again what
/// may pass; not for what is done with the answers. Every write names `headstart` as its field
/// manager.
///
/// Confined to its loop: an actor of the loop owns it.
package final class KubernetesClient {
  package let access: ClusterAccess
  let loop: EventLoop
  private let http: HTTPClient
  private let metrics: KubernetesMetrics?
  private var token: TokenFile?
  private var jitter: JitterSource
  /// Calls that wait for their next attempt.
  private var waiting: [ObjectIdentifier: APITicket] = [:]
  private var outage = OutageWatch()
  private var returnObservers: [ObjectIdentifier: (_ awaySince: Duration) -> Void] = [:]
  private(set) lazy var discovery = Discovery(client: self)

  package typealias Completion<Value> = (Result<Value, KubernetesFailure>) -> Void

  /// Room for a watch of every kind in every namespace that may be listed.
  private static let connections = 256
  /// A page of 500 objects at 100 KiB each.
  static let maximumResponseSize = 64 * 1024 * 1024

  /// - Throws: when the loop has no room for timers, or libcurl cannot start.
  package init(
    access: ClusterAccess, loop: EventLoop, userAgent: String, metrics: KubernetesMetrics? = nil,
    jitter: JitterSource = .random()
  ) throws(EventLoopError) {
    self.access = access
    self.loop = loop
    self.metrics = metrics
    self.jitter = jitter
    http = try HTTPClient(
      loop: loop, userAgent: userAgent, connectionsPerHost: Self.connections)
    if case .tokenFile(let path) = access.credentials { token = TokenFile(path: path) }
  }

  /// Cancels everything. The client cannot be used after that.
  package func shutDown() {
    for ticket in waiting.values { ticket.cancel() }
    waiting = [:]
    http.shutdown()
  }

  /// Has the observer called when the server answers again, with the time when its silence was noticed:
  /// what was under way then may have died without a word.
  ///
  /// - Parameter owner: Whose observer it is; not retained. Ends with `stopObservingReturn`.
  package func observeReturn(
    for owner: AnyObject, _ observer: @escaping (_ awaySince: Duration) -> Void
  ) {
    returnObservers[ObjectIdentifier(owner)] = observer
  }

  func stopObservingReturn(for owner: AnyObject) {
    returnObservers[ObjectIdentifier(owner)] = nil
  }

  /// Makes a call, and repeats it as its failures ask for.
  ///
  /// - Parameter completion: Called once, on the loop and never from within `send`; not after
  ///   `cancel` or `shutDown`.
  @discardableResult
  package func send(
    _ call: APICall, completion: @escaping Completion<JSONValue>
  ) -> APITicket {
    let ticket = APITicket(call)
    attempt(ticket, startedAt: EventLoop.clock, completion)
    return ticket
  }

  /// Makes a call whose answer has no end, such as a watch. It is not repeated.
  ///
  /// - Parameters:
  ///   - silence: The limit for the next bytes to come.
  ///   - completion: The end: success when the server ended it.
  func stream(
    _ call: APICall, silence: Duration, onPiece: @escaping ([UInt8]) -> Void,
    completion: @escaping Completion<Void>
  ) -> APITicket {
    let ticket = APITicket(call)
    let request: HTTPRequest
    do throws(HTTPFailure) {
      request = try self.request(for: call, timeout: call.deadline)
    } catch {
      fail(ticket, error) { completion(.failure($0)) }
      return ticket
    }
    ticket.call = http.stream(request, silence: silence, onPiece: onPiece) { [weak self] result in
      guard let self else { return }
      let result = self.outcome(of: result, call)
      if case .failure(let failure) = result, failure.kind == .unauthorized { token?.forget() }
      completion(result.map { _ in })
    }
    return ticket
  }

  // MARK: Attempts

  private func attempt(
    _ ticket: APITicket, startedAt start: UInt64, _ completion: @escaping Completion<JSONValue>
  ) {
    let call = ticket.request
    let request: HTTPRequest
    do throws(HTTPFailure) {
      request = try self.request(
        for: call, timeout: ticket.plan.limit(elapsed: Self.elapsed(since: start)))
    } catch {
      fail(ticket, error) { completion(.failure($0)) }
      return
    }
    ticket.call = http.send(request) { [weak self, ticket] result in
      guard let self, !ticket.isCancelled else { return }
      self.note(result)
      let outcome = self.outcome(of: result, call).flatMap { Self.json(of: $0, call) }
      guard case .failure(let failure) = outcome else { return completion(outcome) }
      switch ticket.plan.failed(
        failure, elapsed: Self.elapsed(since: start), jitter: &self.jitter)
      {
      case .giveUp:
        completion(outcome)
      case .repeatNow:
        self.token?.forget()
        self.attempt(ticket, startedAt: start, completion)
      case .repeatAfter(let wait):
        self.later(ticket, after: wait) { [weak self, unowned ticket] in
          self?.attempt(ticket, startedAt: start, completion)
        }
      }
    }
  }

  /// Watches apart: they are silent for other reasons, too.
  private func note(_ result: Result<HTTPResponse, HTTPFailure>) {
    switch result {
    case .failure(let failure): outage.failed(after: failure.duration, now: loop.now)
    case .success:
      guard let since = outage.answered(now: loop.now) else { return }
      for observer in returnObservers.values { observer(since) }
    }
  }

  /// Completes a call that could not even be sent, on another turn of the loop.
  private func fail(
    _ ticket: APITicket, _ failure: HTTPFailure,
    _ completion: @escaping (KubernetesFailure) -> Void
  ) {
    metrics?.count(ticket.request.verb, code: failure.kind.rawValue, after: .zero)
    later(ticket, after: .zero) { completion(KubernetesFailure(failure)) }
  }

  private func later(_ ticket: APITicket, after wait: Duration, _ work: @escaping () -> Void) {
    waiting[ObjectIdentifier(ticket)] = ticket
    ticket.timer = try? LoopTimer(on: loop) { [unowned self, unowned ticket] in
      guard let ticket = waiting.removeValue(forKey: ObjectIdentifier(ticket)) else { return }
      let timer = ticket.timer
      ticket.timer = nil
      if !ticket.isCancelled { work() }
      withExtendedLifetime(timer) {}
    }
    ticket.timer?.start(after: wait)
  }

  private func request(
    for call: APICall, timeout: Duration
  ) throws(HTTPFailure) -> HTTPRequest {
    var headers = [HTTPField("Accept", call.acceptedType)]
    var basic: HTTPRequest.BasicAuth?
    switch access.credentials {
    case .none: break
    case .token(let token):
      SecretLedger.note(token)
      headers.append(HTTPField("Authorization", "Bearer \(token.secret)"))
    case .basic(let auth):
      SecretLedger.note(auth.password)
      basic = auth
    case .tokenFile:
      if let secret = try token?.read().secret {
        headers.append(HTTPField("Authorization", "Bearer \(secret)"))
      }
    }
    if let type = call.contentType { headers.append(HTTPField("Content-Type", type)) }
    var request = HTTPRequest(
      method: call.verb.method, url: access.server + call.address + call.queryText,
      headers: headers, body: call.body?.bytes, timeout: max(timeout, .milliseconds(1)),
      connectTimeout: Self.connectTimeout, basicAuth: basic, tls: access.tls,
      redirects: .returned, maximumResponseSize: Self.maximumResponseSize, version: .http1)
    request.keepAlive = Self.keepAlive
    return request
  }

  /// A watch says nothing for minutes: one whose server has forgotten it has to be noticed sooner.
  private static let keepAlive = Duration.seconds(4)

  /// A server that does not take connections within this time is away.
  private static let connectTimeout = Duration.seconds(3)

  private func outcome(
    of result: Result<HTTPResponse, HTTPFailure>, _ call: APICall
  ) -> Result<HTTPResponse, KubernetesFailure> {
    switch result {
    case .failure(let failure):
      metrics?.count(call.verb, code: failure.kind.rawValue, after: failure.duration)
      return .failure(KubernetesFailure(failure))
    case .success(let response):
      metrics?.count(call.verb, code: String(response.status), after: response.duration)
      guard (200...299).contains(response.status) else {
        return .failure(KubernetesFailure(response, to: call))
      }
      return .success(response)
    }
  }

  private static func json(
    of response: HTTPResponse, _ call: APICall
  ) -> Result<JSONValue, KubernetesFailure> {
    do throws(JSONValue.Failure) {
      return .success(try JSONValue(response.body, keepsManagers: call.isOfManagers))
    } catch {
      return .failure(
        KubernetesFailure(
          kind: .malformed,
          message: "could not \(call.shown): the answer is not JSON: \(error)"))
    }
  }

  private static func elapsed(since start: UInt64) -> Duration {
    .nanoseconds(Int64(clamping: EventLoop.clock - start))
  }
}

/// A call under way. Letting go of it does not cancel the call.
package final class APITicket {
  let request: APICall
  var plan: RetryPlan
  var call: HTTPCall?
  var timer: LoopTimer?
  private(set) var isCancelled = false

  init(_ request: APICall) {
    self.request = request
    plan = RetryPlan(request)
  }

  /// Ends the call; its completion is not called. Does nothing after the end.
  package func cancel() {
    isCancelled = true
    call?.cancel()
    call = nil
    timer = nil
  }
}
