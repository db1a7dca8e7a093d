internal import CUV

/// Watches a socket that another library owns (libcurl's) for readiness.
///
/// Confined to its loop. The socket must stay open until the watcher is gone.
package final class SocketWatcher {
  private let handle: LoopHandle<uv_poll_t>
  private let action: (Readiness) -> Void

  package struct Readiness: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    package static let readable = Readiness(rawValue: 1)
    package static let writable = Readiness(rawValue: 2)
    /// The socket is in error; alone, without the other two.
    package static let failed = Readiness(rawValue: 4)
  }

  package init(
    on loop: EventLoop, socket: Int32, action: @escaping (Readiness) -> Void
  ) throws(EventLoopError) {
    handle = try LoopHandle(on: loop, "watch a socket") { uv_poll_init_socket($0, $1, socket) }
    self.action = action
    handle.setOwner(self)
  }

  /// Watches for `interest` from now on, and for nothing else; empty stops.
  package func watch(_ interest: Readiness) {
    var events: Int32 = 0
    if interest.contains(.readable) { events |= Int32(UV_READABLE.rawValue) }
    if interest.contains(.writable) { events |= Int32(UV_WRITABLE.rawValue) }
    guard events != 0 else {
      uv_poll_stop(handle.pointer)
      return
    }
    uv_poll_start(handle.pointer, events) { poll, status, events in
      guard let context = poll?.pointee.data else { return }
      var readiness: Readiness = []
      if events & Int32(UV_READABLE.rawValue) != 0 { readiness.insert(.readable) }
      if events & Int32(UV_WRITABLE.rawValue) != 0 { readiness.insert(.writable) }
      if status < 0 { readiness = .failed }
      Unmanaged<SocketWatcher>.fromOpaque(context).takeUnretainedValue().action(readiness)
    }
  }
}
