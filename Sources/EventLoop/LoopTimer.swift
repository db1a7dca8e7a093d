internal import CUV

/// A timer of a loop: monotonic, millisecond steps, never early.
///
/// Confined to its loop: created, started and stopped there, and `action` runs there.
package final class LoopTimer {
  private let handle: LoopHandle<uv_timer_t>
  private let action: () -> Void

  package init(on loop: EventLoop, action: @escaping () -> Void) throws(EventLoopError) {
    handle = try LoopHandle(on: loop, "create a timer") { uv_timer_init($0, $1) }
    self.action = action
    handle.setOwner(self)
  }

  /// Runs the action after `delay`, rounded up to milliseconds, and then every `interval`; replaces
  /// an earlier start.
  package func start(after delay: Duration, repeating interval: Duration? = nil) {
    // The cached clock of the loop may lag after a long callback; a delay counts from now.
    uv_update_time(handle.pointer.pointee.loop)
    uv_timer_start(
      handle.pointer,
      { timer in
        guard let context = timer?.pointee.data else { return }
        Unmanaged<LoopTimer>.fromOpaque(context).takeUnretainedValue().action()
      }, Self.milliseconds(delay), interval.map { max(Self.milliseconds($0), 1) } ?? 0)
  }

  package func stop() {
    uv_timer_stop(handle.pointer)
  }

  package var isActive: Bool {
    uv_is_active(handle.pointer.asHandle) != 0
  }

  /// Rounded up, 0 to a hundred years: libuv adds the delay to its clock without a check.
  private static func milliseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 3_155_760_000 else { return 3_155_760_000_000 }
    let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return UInt64(seconds) * 1000 + UInt64(rest)
  }
}
