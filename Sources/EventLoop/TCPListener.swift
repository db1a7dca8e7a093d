internal import CUV
internal import Glibc

/// Accepts the connections of a listening socket. Confined to its loop.
package final class TCPListener {
  /// A connection that no one owns yet.
  package struct Accepted: ~Copyable {
    let descriptor: Int32

    deinit {
      close(descriptor)
    }

    /// Gives the descriptor away.
    consuming func take() -> Int32 {
      let descriptor = descriptor
      discard self
      return descriptor
    }
  }

  private let socket: ListeningSocket
  private let accepted: (consuming Accepted) -> Void
  private let failed: (String) -> Void
  private var watcher: SocketWatcher?
  private var pause: LoopTimer?

  /// How many connections are accepted before other sockets are served.
  private static let batch = 64
  /// How long nothing is accepted once descriptors or memory have run out: the connections wait in
  /// the kernel's queue, where trying again at once would only burn the processor.
  private static let pauseLength: Duration = .milliseconds(100)
  /// The descriptors that connections leave to the rest of the process: probes and scrapes, sources
  /// and files go on when clients have taken all others. At most a quarter of all.
  private static let reserve: Int32 = 32

  /// - Parameters:
  ///   - accepted: takes each connection.
  ///   - failed: hears, at most once for each pause, why none can be accepted.
  package init(
    on loop: EventLoop, socket: ListeningSocket,
    accepted: @escaping (consuming Accepted) -> Void, failed: @escaping (String) -> Void
  ) throws(EventLoopError) {
    self.socket = socket
    self.accepted = accepted
    self.failed = failed
    let watcher = try SocketWatcher(on: loop, socket: socket.descriptor) {
      [unowned self] readiness in
      if readiness.contains(.failed) {
        rest("the socket failed")
      } else {
        _ = acceptBatch()
      }
    }
    self.watcher = watcher
    pause = try LoopTimer(on: loop) { watcher.watch(.readable) }
    watcher.watch(.readable)
  }

  deinit {
    watcher?.watch(.none)
  }

  /// Accepts what has connected so far: a connection that is in the kernel's queue when the socket
  /// is closed would be reset. Called before the listener is given up.
  package func acceptPending() {
    while acceptBatch() {}
  }

  /// - Returns: whether there may be more.
  private func acceptBatch() -> Bool {
    for _ in 0..<Self.batch {
      let descriptor = cuv_accept(socket.descriptor)
      if descriptor >= 0 {
        let connection = Accepted(descriptor: descriptor)
        // The lowest free number is taken: a high one tells that there are few left.
        if let limit = Self.descriptorLimit, descriptor >= limit {
          rest("all but the last descriptors of the process are in use (ulimit -n)")
          return false
        }
        accepted(connection)
        continue
      }
      switch errno {
      // Failures of one connection, which is gone, and not of the socket (accept(2)).
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
        ENETUNREACH, EPERM:
        continue
      case EAGAIN:
        return false
      default:
        rest(String(cString: strerror(errno)))
        return false
      }
    }
    return true
  }

  /// The first descriptor that is kept for others; nil when the process may have any number.
  private static var descriptorLimit: Int32? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
      let count = Int32(exactly: limit.rlim_cur)
    else { return nil }
    return count - min(reserve, count / 4)
  }

  private func rest(_ reason: String) {
    watcher?.watch(.none)
    pause?.start(after: Self.pauseLength)
    failed(reason)
  }
}
