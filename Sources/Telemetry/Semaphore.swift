private import Glibc

/// A count that threads raise and wait for.
package final class Semaphore: Sendable {
  /// Invariant for `nonisolated(unsafe)`: read and written under `mutex` only.
  nonisolated(unsafe) private var count = 0
  /// Invariant for `nonisolated(unsafe)`: both may be used from any thread, at an address that does
  /// not change; they live as long as the object.
  nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  nonisolated(unsafe) private let raised: UnsafeMutablePointer<pthread_cond_t>

  package init() {
    mutex = .allocate(capacity: 1)
    raised = .allocate(capacity: 1)
    // With glibc none of these calls fails.
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // A wall clock that is set must not change how long a wait takes.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(raised, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(raised)
    pthread_mutex_destroy(mutex)
    raised.deallocate()
    mutex.deallocate()
  }

  package func post() {
    pthread_mutex_lock(mutex)
    count += 1
    pthread_cond_signal(raised)
    pthread_mutex_unlock(mutex)
  }

  package func wait() {
    pthread_mutex_lock(mutex)
    while count == 0 { pthread_cond_wait(raised, mutex) }
    count -= 1
    pthread_mutex_unlock(mutex)
  }

  /// - Returns: false when the limit passed first.
  package func wait(for limit: Duration) -> Bool {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let (seconds, attoseconds) = limit.components
    deadline.tv_sec += Int(clamping: seconds)
    deadline.tv_nsec += Int(attoseconds / 1_000_000_000)
    if deadline.tv_nsec >= 1_000_000_000 {
      deadline.tv_sec += 1
      deadline.tv_nsec -= 1_000_000_000
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while count == 0 {
      guard pthread_cond_timedwait(raised, mutex, &deadline) == 0 else { return false }
    }
    count -= 1
    return true
  }
}
