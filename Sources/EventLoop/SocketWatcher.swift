internal import CUV

/// Watches a socket that another library owns (libcurl's) for readiness.
///
/// Confined to its loop. The socket must stay open until the watcher is gone.
package final class SocketWatcher {
  private let handle: LoopHandle<uv_poll_t>
  private let action: (Readiness) -> Void

  /// A set. No `OptionSet`: other modules call its generic code as such, which looks types up with every
  /// wake-up and took a sixth of the server's own time between two calls.
  package struct Readiness: Equatable, Sendable {
    private var bits: UInt8

    package static let none = Readiness(bits: 0)
    package static let readable = Readiness(bits: 1)
    package static let writable = Readiness(bits: 2)
    /// The socket is in error; alone, without the other two.
    package static let failed = Readiness(bits: 4)

    package func contains(_ other: Readiness) -> Bool {
      bits & other.bits == other.bits
    }

    package mutating func insert(_ other: Readiness) {
      bits |= other.bits
    }

    package func union(_ other: Readiness) -> Readiness {
      Readiness(bits: bits | other.bits)
    }
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
      var readiness = Readiness.none
      if events & Int32(UV_READABLE.rawValue) != 0 { readiness.insert(.readable) }
      if events & Int32(UV_WRITABLE.rawValue) != 0 { readiness.insert(.writable) }
      if status < 0 { readiness = .failed }
      Unmanaged<SocketWatcher>.fromOpaque(context).takeUnretainedValue().action(readiness)
    }
  }
}
