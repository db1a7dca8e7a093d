internal import CUV

/// A value that one thread gives and another waits for, once.
package final class Reply<Value: Sendable>: Sendable {
  /// Invariant for `nonisolated(unsafe)`: written and read under `mutex` only.
  nonisolated(unsafe) private var value: Value?
  /// Invariant for `nonisolated(unsafe)`: both may be used from any thread, at an address that does
  /// not change; they live as long as the object.
  nonisolated(unsafe) private let mutex: UnsafeMutablePointer<uv_mutex_t>
  nonisolated(unsafe) private let arrived: UnsafeMutablePointer<uv_cond_t>

  package init() {
    mutex = .allocate(capacity: 1)
    arrived = .allocate(capacity: 1)
    // They fail only where memory or kernel objects are exhausted, and then `wait` returns nil.
    uv_mutex_init(mutex)
    uv_cond_init(arrived)
  }

  deinit {
    uv_cond_destroy(arrived)
    uv_mutex_destroy(mutex)
    arrived.deallocate()
    mutex.deallocate()
  }

  /// Once, from any thread.
  package func give(_ value: Value) {
    uv_mutex_lock(mutex)
    self.value = value
    uv_cond_signal(arrived)
    uv_mutex_unlock(mutex)
  }

  /// Blocks the calling thread, which must not be the one that gives.
  ///
  /// - Parameter limit: nil for as long as it takes.
  /// - Returns: nil when the limit passed first.
  package func wait(for limit: Duration?) -> Value? {
    let deadline = limit.map { ContinuousClock.now.advanced(by: $0) }
    uv_mutex_lock(mutex)
    defer { uv_mutex_unlock(mutex) }
    while value == nil {
      guard let deadline else {
        uv_cond_wait(arrived, mutex)
        continue
      }
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { return nil }
      let (seconds, attoseconds) = min(left, .seconds(3600)).components
      uv_cond_timedwait(
        arrived, mutex, UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000))
    }
    return value
  }
}
