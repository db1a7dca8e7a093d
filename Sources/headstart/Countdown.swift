internal import EventLoop
internal import Synchronization

/// Waits until several threads have done their part.
final class Countdown: Sendable {
  private let left: Atomic<Int>
  private let reply = Reply<Bool>()

  /// - Parameter count: 1 or more.
  init(from count: Int) {
    left = Atomic(count)
  }

  func countDown() {
    if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { reply.give(true) }
  }

  func wait(for limit: Duration) {
    _ = reply.wait(for: limit)
  }
}
