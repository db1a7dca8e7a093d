internal import CUV

extension EventLoop {
  /// A monotonic clock in nanoseconds from an arbitrary start, read at each call: the fine twin of
  /// `now`. From any thread.
  package static var clock: UInt64 {
    uv_hrtime()
  }
}
