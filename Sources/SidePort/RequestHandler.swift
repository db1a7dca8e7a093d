internal import CMicroHTTPD
private import Glibc
private import Synchronization
internal import Telemetry
internal import Time

/// Receives libmicrohttpd's callbacks, which all run on the daemon's thread, and answers requests
/// through the router.
final class RequestHandler: Sendable {
  private let router: Router
  private let metrics: SidePortMetrics
  private let limits: ClientLimits
  private let token: BearerToken?
  private let hosts: ServedHosts
  private let pool: AnswerPool
  private let certificate: GnuTLSCertificate?
  private let connections: Mutex<ConnectionTable>
  private let answers: Mutex<HeldAnswers>
  let pending: PendingAnswers

  init(
    router: Router, metrics: SidePortMetrics, limits: ClientLimits, token: BearerToken?,
    hosts: ServedHosts, pool: AnswerPool, certificate: GnuTLSCertificate?
  ) {
    self.router = router
    self.metrics = metrics
    self.limits = limits
    self.token = token
    self.hosts = hosts
    self.pool = pool
    self.certificate = certificate
    connections = Mutex(
      ConnectionTable(limit: limits.connections, requestTimeout: limits.requestTimeout))
    answers = Mutex(HeldAnswers(limit: limits.answers))
    pending = PendingAnswers(limit: limits.answers)
  }

  /// The body of a request as it arrives; the library holds it from the head to the end.
  private final class Body {
    var bytes: [UInt8] = []
    /// Of a request that is answered later.
    var ticket: UInt64?
  }

  // MARK: Callbacks

  /// The request's head (`state` still nil), then pieces of its body, then its end.
  static let onRequest: MHD_AccessHandlerCallback = {
    context, connection, url, method, version, piece, size, state in
    guard let context, let connection, let url, let method, let size, let state else {
      return .NO
    }
    let handler = Unmanaged<RequestHandler>.fromOpaque(context).takeUnretainedValue()
    guard let known = state.pointee else {
      state.pointee = Unmanaged.passRetained(Body()).toOpaque()
      return handler.began(connection, version: version.map { String(cString: $0) } ?? "")
    }
    let body = Unmanaged<Body>.fromOpaque(known).takeUnretainedValue()
    guard size.pointee == 0 else {
      // What is longer than the limit was refused with its head.
      body.bytes += UnsafeRawBufferPointer(start: piece, count: size.pointee)
      size.pointee = 0
      return .YES
    }
    if let ticket = body.ticket {
      return handler.send(handler.pending.answer(of: ticket), to: connection)
    }
    return handler.answer(connection, url: url, method: method, body: body)
  }

  static let onCompleted: MHD_RequestCompletedCallback = { context, connection, state, _ in
    guard let context, let connection else { return }
    if let body = state?.pointee { Unmanaged<Body>.fromOpaque(body).release() }
    state?.pointee = nil
    let handler = Unmanaged<RequestHandler>.fromOpaque(context).takeUnretainedValue()
    let socket = headstart_mhd_socket(connection)
    handler.connections.withLock { $0.finishedRequest(socket, at: .now) }
    handler.answers.withLock { $0.finished(socket) }
  }

  static let onConnection: MHD_NotifyConnectionCallback = { context, connection, _, event in
    guard let context, let connection else { return }
    let handler = Unmanaged<RequestHandler>.fromOpaque(context).takeUnretainedValue()
    let socket = headstart_mhd_socket(connection)
    if event == .CONNECTION_NOTIFY_STARTED {
      handler.opened(socket)
    } else {
      handler.closed(socket)
    }
  }

  // MARK: Connections

  private func opened(_ socket: Int32) {
    headstart_mhd_use_certificate(certificate?.pointer)
    metrics.connections.increment()
    metrics.connectionsAccepted.increment()
    if let displaced = connections.withLock({ $0.opened(socket, at: .now) }) { displace(displaced) }
  }

  /// The library still owns the socket: shutting it down makes the library close it.
  private func displace(_ socket: Int32) {
    shutdown(socket, Int32(SHUT_RDWR))
    metrics.ended(.displaced)
  }

  private func closed(_ socket: Int32) {
    metrics.connections.decrement()
    connections.withLock { $0.closed(socket) }
  }

  /// Called from a thread of others.
  func endOverdue() {
    let count = connections.withLock { table in
      let overdue = table.looked(at: .now) { socket in
        let milliseconds = headstart_socket_silence(socket)
        return milliseconds < 0 ? nil : .milliseconds(milliseconds)
      }
      // Under the lock, which the library's thread takes before it closes a socket: none of these
      // numbers can have become another's.
      for socket in overdue { shutdown(socket, Int32(SHUT_RDWR)) }
      return overdue.count
    }
    for _ in 0..<count { metrics.ended(.requestTimeout) }
  }

  // MARK: Answering

  /// A body that is too long, or of unknown length, is refused before it is read.
  private func began(_ connection: OpaquePointer, version: String) -> MHD_Result {
    connections.withLock { $0.beganRequest(headstart_mhd_socket(connection), at: .now) }
    if let problem = RequestFields.problem(of: connection, version: version) {
      return refuse(400, problem, to: connection)
    }
    if header("Transfer-Encoding", of: connection) != nil {
      return refuse(411, "a request body needs a Content-Length here", to: connection)
    }
    guard let length = header("Content-Length", of: connection) else { return .YES }
    guard let size = Int(length), size <= limits.requestBody else {
      return refuse(
        413, "a request body may have at most \(limits.requestBody) bytes here", to: connection)
    }
    return .YES
  }

  /// The last answer of a connection: what follows may be the body of this request, or another one.
  private func refuse(
    _ status: Int, _ sentence: String, to connection: OpaquePointer
  ) -> MHD_Result {
    var answer = SidePortResponse.error(status, sentence)
    answer.headers.append(("Connection", "close"))
    return send(answer, to: connection)
  }

  private func answer(
    _ connection: OpaquePointer, url: UnsafePointer<CChar>, method: UnsafePointer<CChar>,
    body: Body
  ) -> MHD_Result {
    guard let target = String(validatingCString: url),
      let method = String(validatingCString: method)
    else {
      return send(.error(400, "the request line must be valid UTF-8"), to: connection)
    }
    var request = SidePortRequest(
      method: method, target: target, accept: header("Accept", of: connection),
      contentType: header("Content-Type", of: connection),
      forwarder: header(WakeUpCall.forwarderHeader, of: connection), body: body.bytes)
    if let refusal = hosts.refusal(
      host: header("Host", of: connection), origin: header("Origin", of: connection),
      site: header("Sec-Fetch-Site", of: connection))
    {
      return send(refusal, to: connection)
    }
    let authorization = header("Authorization", of: connection)
    if let refusal = token?.refusal(of: request, authorization: authorization) {
      return send(refusal, to: connection)
    }
    for name in QueryParameter.allNames {
      guard let value = MHD_lookup_connection_value(connection, .GET_ARGUMENT_KIND, name) else {
        // One without a value, such as `?sources`.
        let isThere = MHD_lookup_connection_value_n(
          connection, .GET_ARGUMENT_KIND, name, name.utf8.count, nil, nil)
        if isThere == .YES { request.query.updateValue("", forKey: name) }
        continue
      }
      // The library turns each plus of a query into a blank, which cannot stand there otherwise.
      let text = String(validatingCString: value).flatMap {
        RequestPath.decoded(String($0.map { $0 == " " ? "+" : $0 }))
      }
      request.query.updateValue(text, forKey: name)
    }
    switch router.respond(to: request) {
    case .now(let answer):
      return send(answer, to: connection)
    case .later(let begin):
      guard let ticket = pending.suspend(connection) else {
        return send(PendingAnswers.stopping, to: connection)
      }
      body.ticket = ticket
      begin { [pending] answer in pending.finish(ticket, answer) }
      return .YES
    case .pooled(let work):
      guard let ticket = pending.suspend(connection) else {
        return send(PendingAnswers.stopping, to: connection)
      }
      body.ticket = ticket
      let isTaken = pool.submit { [pending] in pending.finish(ticket, work()) }
      if !isTaken { pending.finish(ticket, PendingAnswers.busy) }
      return .YES
    }
  }

  /// Nothing to send ends the connection.
  private func send(_ answer: SidePortResponse?, to connection: OpaquePointer) -> MHD_Result {
    guard let answer else { return .NO }
    return send(answer, to: connection)
  }

  /// Nil when absent or not UTF-8.
  private func header(_ name: String, of connection: OpaquePointer) -> String? {
    MHD_lookup_connection_value(connection, .HEADER_KIND, name)
      .flatMap { String(validatingCString: $0) }
  }

  /// Queues the answer; the library leaves out the body of an answer to HEAD.
  private func send(_ answer: SidePortResponse, to connection: OpaquePointer) -> MHD_Result {
    let response = answer.body.withUnsafeBytes { bytes in
      // The library copies the bytes, and does not write to them.
      MHD_create_response_from_buffer(
        bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let response else { return .NO }
    defer { MHD_destroy_response(response) }
    for (name, value) in answer.headers { MHD_add_response_header(response, name, value) }
    metrics.requests.with(["\(answer.status)"]).increment()
    let socket = headstart_mhd_socket(connection)
    for slow in answers.withLock({ $0.began(socket, byteCount: answer.body.count) }) {
      displace(slow)
    }
    return MHD_queue_response(connection, UInt32(answer.status), response)
  }
}
