internal import CMicroHTTPD
private import Glibc
private import Synchronization

/// Receives libmicrohttpd's callbacks, which all run on the daemon's thread, and answers requests
/// through the router.
final class RequestHandler: Sendable {
  private let router: Router
  private let limits: AdminLimits
  private let token: BearerToken?
  private let connections: Mutex<ConnectionTable>

  init(router: Router, limits: AdminLimits, token: BearerToken? = nil) {
    self.router = router
    self.limits = limits
    self.token = token
    connections = Mutex(
      ConnectionTable(limit: limits.connections, requestTimeout: limits.requestTimeout))
  }

  // MARK: Callbacks

  /// The request's head (`state` still nil), then pieces of its body, then its end.
  static let onRequest: MHD_AccessHandlerCallback = {
    context, connection, url, method, _, _, bodySize, state in
    guard let context, let connection, let url, let method, let bodySize, let state else {
      return .NO
    }
    let handler = Unmanaged<RequestHandler>.fromOpaque(context).takeUnretainedValue()
    guard state.pointee != nil else {
      // Any pointer will do: it only marks the head as seen.
      state.pointee = context
      return handler.refuseBody(connection)
    }
    guard bodySize.pointee == 0 else {
      bodySize.pointee = 0
      return .YES
    }
    return handler.answer(connection, url: url, method: method)
  }

  static let onCompleted: MHD_RequestCompletedCallback = { context, connection, _, _ in
    guard let context, let connection else { return }
    let handler = Unmanaged<RequestHandler>.fromOpaque(context).takeUnretainedValue()
    let socket = headstart_mhd_socket(connection)
    handler.connections.withLock { $0.finishedRequest(socket, at: .now) }
  }

  static let onConnection: MHD_NotifyConnectionCallback = { context, connection, _, event in
    guard let context, let connection else { return }
    let handler = Unmanaged<RequestHandler>.fromOpaque(context).takeUnretainedValue()
    let socket = headstart_mhd_socket(connection)
    if event == .CONNECTION_NOTIFY_STARTED {
      let ended = handler.connections.withLock { $0.opened(socket, at: .now) }
      // The library still owns these sockets: shutting them down makes it close them.
      for socket in ended { shutdown(socket, Int32(SHUT_RDWR)) }
    } else {
      handler.connections.withLock { $0.closed(socket) }
    }
  }

  // MARK: Answering

  /// No route wants a body: a small one is read and dropped, any other refused before it is read.
  private func refuseBody(_ connection: OpaquePointer) -> MHD_Result {
    if header("Transfer-Encoding", of: connection) != nil {
      return send(.error(411, "a request body needs a Content-Length here"), to: connection)
    }
    guard let length = header("Content-Length", of: connection) else { return .YES }
    guard let size = Int(length), size <= limits.requestBody else {
      return send(
        .error(413, "a request body may have at most \(limits.requestBody) bytes here"),
        to: connection)
    }
    return .YES
  }

  private func answer(
    _ connection: OpaquePointer, url: UnsafePointer<CChar>, method: UnsafePointer<CChar>
  ) -> MHD_Result {
    guard let target = String(validatingCString: url),
      let method = String(validatingCString: method)
    else {
      return send(.error(400, "the request line must be valid UTF-8"), to: connection)
    }
    let authorization = header("Authorization", of: connection)
    if let refusal = token?.refusal(of: target, authorization: authorization) {
      return send(refusal, to: connection)
    }
    var request = AdminRequest(
      method: method, target: target, accept: header("Accept", of: connection))
    for name in QueryParameter.allNames {
      guard let value = MHD_lookup_connection_value(connection, .GET_ARGUMENT_KIND, name) else {
        continue
      }
      let text = String(validatingCString: value).flatMap { RequestPath.decoded($0) }
      request.query.updateValue(text, forKey: name)
    }
    return send(router.answer(request), to: connection)
  }

  /// Nil when absent or not UTF-8.
  private func header(_ name: String, of connection: OpaquePointer) -> String? {
    MHD_lookup_connection_value(connection, .HEADER_KIND, name)
      .flatMap { String(validatingCString: $0) }
  }

  /// Queues the answer; the library leaves out the body of an answer to HEAD.
  private func send(_ answer: AdminResponse, to connection: OpaquePointer) -> MHD_Result {
    let response = answer.body.withUnsafeBytes { bytes in
      // The library copies the bytes, and does not write to them.
      MHD_create_response_from_buffer(
        bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let response else { return .NO }
    defer { MHD_destroy_response(response) }
    for (name, value) in answer.headers { MHD_add_response_header(response, name, value) }
    return MHD_queue_response(connection, UInt32(answer.status), response)
  }
}
