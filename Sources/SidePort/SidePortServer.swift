private import CMicroHTTPD
private import Synchronization
package import Telemetry

/// The side port: HTTP/1.1 for Prometheus, kubelet probes and people (design section 3).
///
/// Owns one thread, on which requests are read and quick ones answered, a small pool for answers that
/// take long, and the listening socket. It
/// stands bad clients: a request's head is bounded, a connection that stays silent is closed, one
/// whose request takes too long is ended, and of too many connections the one that has gone longest
/// without finishing a request gives way to the newest.
package final class SidePortServer: Sendable {
  /// The port that it listens on: the one asked for, or the one that was picked for port 0.
  package let port: UInt16

  private let daemon: Mutex<OpaquePointer?>
  /// The daemon's callbacks hold it without a reference: it must outlive the daemon.
  private let requests: RequestHandler
  private let pool: AnswerPool

  /// libmicrohttpd's own limit, beyond which it stops accepting, lies so far above ours: those that
  /// have to give way are still open for a moment.
  private static let reserve = 16
  /// How long an answer that is being worked out may keep the port from being stopped.
  private static let patience = Duration.seconds(1)

  /// Starts listening and answering.
  ///
  /// - Parameters:
  ///   - host: An address or a name to listen on; empty for all interfaces, IPv6 and IPv4.
  ///   - port: 0 lets the system pick one.
  ///   - content: Where the answers come from.
  ///   - metrics: Where clients are counted.
  ///   - token: What clients must present for everything but the probes; nil for nothing.
  ///   - hosts: The names that browsers may use.
  ///   - certificate: What connections are secured with; nil for plain text.
  package convenience init(
    host: String, port: UInt16, content: SidePortContent, metrics: SidePortMetrics,
    limits: ClientLimits = ClientLimits(), token: BearerToken? = nil,
    hosts: ServedHosts = ServedHosts(), certificate: GnuTLSCertificate? = nil
  ) throws(SidePortError) {
    try self.init(
      host: host, port: port, router: Router.sidePort(content), metrics: metrics, limits: limits,
      token: token, hosts: hosts,
      certificate: certificate)
  }

  init(
    host: String, port: UInt16, router: Router, metrics: SidePortMetrics,
    limits: ClientLimits = ClientLimits(), token: BearerToken? = nil,
    hosts: ServedHosts = ServedHosts(), certificate: GnuTLSCertificate? = nil
  ) throws(SidePortError) {
    let socket = try ListenSocket(host: host, port: port)
    self.port = socket.port
    let pool = try AnswerPool()
    self.pool = pool
    let requests = RequestHandler(
      router: router, metrics: metrics, limits: limits, token: token, hosts: hosts,
      pool: pool, certificate: certificate)
    self.requests = requests
    var settings = headstart_mhd_settings()
    settings.listen_socket = socket.descriptor
    settings.connection_limit = UInt32(clamping: limits.connections + Self.reserve)
    settings.timeout = UInt32(clamping: limits.idleTimeout.components.seconds)
    settings.memory_limit = limits.connectionMemory
    settings.context = Unmanaged.passUnretained(requests).toOpaque()
    settings.handle = RequestHandler.onRequest
    settings.completed = RequestHandler.onCompleted
    settings.notified = RequestHandler.onConnection
    settings.certificate = certificate?.pointer
    // A failed start may or may not have closed the socket. Closing it again could hit a stranger,
    // so it is left to the end of the process, which follows.
    guard let started = headstart_mhd_start(&settings) else {
      throw SidePortError("the side port on \(host):\(port) could not start its HTTP server")
    }
    daemon = Mutex(started)
  }

  deinit {
    stop()
  }

  /// Ends the connections whose request has taken longer than its time. To be called about once a
  /// second, from any thread: the library has no timer of its own.
  package func endOverdueRequests() {
    requests.endOverdue()
  }

  /// Closes the port and every connection and ends the thread; returns when that is done. Safe to
  /// call twice. Must not be called from a provider of `SidePortContent`, which runs on that thread.
  package func stop() {
    let running = daemon.withLock { daemon in
      defer { daemon = nil }
      return daemon.map(DaemonHandle.init)
    }
    guard let running else { return }
    requests.pending.stop()
    MHD_stop_daemon(running.pointer)
    pool.stop(within: Self.patience)
  }

  /// Carries the pointer out of the lock: whoever took it is its only owner.
  private struct DaemonHandle: @unchecked Sendable {
    let pointer: OpaquePointer
  }
}

/// Why the side port could not be opened: one sentence.
package struct SidePortError: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// What the side port allows its clients.
package struct ClientLimits: Hashable, Sendable {
  /// Connections at one time. Prometheus, the kubelet and a few people need a dozen.
  package var connections = 128
  /// How long a connection may stay silent: longer than a scrape interval, so that Prometheus can
  /// keep its connection.
  package var idleTimeout = Duration.seconds(65)
  /// How long one request and its answer may take, however slowly the client goes on. Found within
  /// two seconds.
  package var requestTimeout = Duration.seconds(60)
  /// Buffer per connection in bytes: a longer request head is refused.
  package var connectionMemory = 32 * 1024
  /// The largest request body in bytes.
  package var requestBody = 64 * 1024
  /// Bytes of all long answers that clients have yet to take: `HeldAnswers`.
  package var answers = 8 << 20

  package init() {}
}
