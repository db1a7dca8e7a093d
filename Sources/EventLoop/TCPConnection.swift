internal import Glibc

/// One accepted TCP connection: bytes in, bytes out, and when either is possible. Confined to its
/// loop. It buffers nothing and knows no protocol; a layer that encrypts sits on its descriptor.
package final class TCPConnection {
  package enum OnRead: Equatable {
    case bytes(Int)
    /// Nothing has arrived since.
    case nothing
    /// The peer sends no more.
    case end
    case failed(String)
  }

  package enum OnWrite: Equatable {
    /// How many bytes the kernel took, all of them or fewer.
    case bytes(Int)
    case failed(String)
  }

  /// The other end, as `10.0.0.7:41234`.
  package let peer: String
  /// For a layer that encrypts, which reads and writes in this one's place and does not close it.
  package let descriptor: Int32
  private var watcher: SocketWatcher?
  private var interest = SocketWatcher.Readiness.none

  /// Takes the connection over.
  ///
  /// - Parameter ready: called when what `watch` asked for is possible. After `.failed`, which a
  ///   reset causes, it is not called again.
  package init(
    on loop: EventLoop, _ accepted: consuming TCPListener.Accepted,
    ready: @escaping (SocketWatcher.Readiness) -> Void
  ) throws(EventLoopError) {
    watcher = try SocketWatcher(on: loop, socket: accepted.descriptor, action: ready)
    descriptor = accepted.take()
    peer = SocketAddress.peer(of: descriptor)?.description ?? "unknown"
    // An answer must not wait for the acknowledgement of the one before.
    setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    // KEDA sends no keep-alive of its own (C16): a client that vanished without a word is found
    // after two minutes.
    setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
    setOption(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
    setOption(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
    setOption(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
  }

  deinit {
    // Before the descriptor is closed, whose number may be used again.
    watcher?.watch(.none)
    watcher = nil
    close(descriptor)
  }

  /// Watches the socket for `interest` from now on, and for nothing else.
  package func watch(_ interest: SocketWatcher.Readiness) {
    guard interest != self.interest else { return }
    self.interest = interest
    watcher?.watch(interest)
  }

  /// Reads once, as much as has arrived and fits.
  package func read(into buffer: UnsafeMutableRawBufferPointer) -> OnRead {
    receive(into: buffer, flags: 0)
  }

  /// Looks at the first bytes that have arrived, and leaves them to be read.
  package func peek(into buffer: UnsafeMutableRawBufferPointer) -> OnRead {
    receive(into: buffer, flags: Int32(MSG_PEEK))
  }

  /// Writes once, as much as the kernel takes.
  package func write(_ bytes: UnsafeRawBufferPointer) -> OnWrite {
    while true {
      let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return .bytes(count) }
      switch errno {
      case EINTR: continue
      case EAGAIN: return .bytes(0)
      default: return .failed(String(cString: strerror(errno)))
      }
    }
  }

  /// Tells the peer that nothing more will come; reading goes on.
  package func shutOutput() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  private func receive(into buffer: UnsafeMutableRawBufferPointer, flags: Int32) -> OnRead {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, flags)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .end }
      switch errno {
      case EINTR: continue
      case EAGAIN: return .nothing
      default: return .failed(String(cString: strerror(errno)))
      }
    }
  }
}
