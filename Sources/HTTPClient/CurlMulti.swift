internal import CCurl
internal import EventLoop
private import Glibc
internal import Time

/// The owner of libcurl's multi handle: hands libcurl's sockets and its timer to the loop, and the
/// loop's events to libcurl.
///
/// Confined to its loop. It is not responsible for what the transfers mean.
final class CurlMulti {
  private let loop: EventLoop
  private let handle: UnsafeMutableRawPointer
  private var watchers: [curl_socket_t: SocketWatcher] = [:]
  private var timer: LoopTimer?
  private var isClosed = false
  /// Called outside of libcurl's callbacks, so it may add and remove transfers, and close.
  var onFinished: (_ easy: UnsafeMutableRawPointer, CURLcode) -> Void = { _, _ in }
  /// Called after libcurl has acted and before `onFinished`, under the same rules.
  var onTurn: () -> Void = {}

  /// Connections to all hosts: far below the usual 1024 descriptors of a process.
  private static let connections = 256

  init(loop: EventLoop, connectionsPerHost: Int) throws(EventLoopError) {
    guard Self.libraryStarted, let handle = curl_multi_init() else {
      throw EventLoopError("start libcurl", code: -ENOMEM)
    }
    self.loop = loop
    self.handle = handle
    ccurl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHost)
    ccurl_multi_set_long(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, Self.connections)
    ccurl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, Self.connections)
    timer = try LoopTimer(on: loop) { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, events: 0) }
    ccurl_multi_set_functions(
      handle,
      { _, socket, interest, context, _ in
        CurlMulti.from(context)?.watch(socket, for: interest)
        return 0
      },
      { _, milliseconds, context in
        CurlMulti.from(context)?.wake(after: milliseconds)
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    close()
  }

  func add(_ easy: UnsafeMutableRawPointer) -> CURLMcode {
    curl_multi_add_handle(handle, easy)
  }

  func remove(_ easy: UnsafeMutableRawPointer) {
    curl_multi_remove_handle(handle, easy)
  }

  /// Closes all connections. Every transfer must have been removed.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    ccurl_multi_set_functions(handle, nil, nil, nil)
    // Before libcurl closes the sockets that they watch.
    watchers.removeAll()
    timer = nil
    curl_multi_cleanup(handle)
  }

  /// Once for the process. SIGPIPE is ignored because OpenSSL writes to broken connections with a
  /// plain `write`, and libcurl is told to leave signals alone.
  private static let libraryStarted: Bool = {
    signal(SIGPIPE, SIG_IGN)
    return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  }()

  // MARK: libcurl asks

  private static func from(_ context: UnsafeMutableRawPointer?) -> CurlMulti? {
    context.map { Unmanaged<CurlMulti>.fromOpaque($0).takeUnretainedValue() }
  }

  private func watch(_ socket: curl_socket_t, for interest: Int32) {
    guard interest != CURL_POLL_REMOVE else {
      watchers[socket] = nil
      return
    }
    var readiness = SocketWatcher.Readiness.none
    if interest & CURL_POLL_IN != 0 { readiness.insert(.readable) }
    if interest & CURL_POLL_OUT != 0 { readiness.insert(.writable) }
    if watchers[socket] == nil {
      // A socket that cannot be watched makes its transfer end by its timeout.
      watchers[socket] = try? SocketWatcher(on: loop, socket: socket) { [unowned self] ready in
        act(on: socket, events: Self.events(ready))
      }
    }
    watchers[socket]?.watch(readiness)
  }

  private func wake(after milliseconds: Int) {
    if milliseconds < 0 {
      timer?.stop()
    } else {
      timer?.start(after: .milliseconds(milliseconds))
    }
  }

  // MARK: The loop tells

  private static func events(_ readiness: SocketWatcher.Readiness) -> Int32 {
    var events: Int32 = 0
    if readiness.contains(.readable) { events |= CURL_CSELECT_IN }
    if readiness.contains(.writable) { events |= CURL_CSELECT_OUT }
    if readiness.contains(.failed) { events |= CURL_CSELECT_ERR }
    return events
  }

  private func act(on socket: curl_socket_t, events: Int32) {
    var running: Int32 = 0
    curl_multi_socket_action(handle, socket, events, &running)
    onTurn()
    reportFinished()
  }

  /// Tells of each finished transfer. The message is copied first: it dies when the transfer is
  /// removed.
  private func reportFinished() {
    var left: Int32 = 0
    while !isClosed, let message = curl_multi_info_read(handle, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else {
        continue
      }
      onFinished(easy, ccurl_message_result(message))
    }
  }
}
