internal import EventLoop
internal import Synchronization

/// Waits until several threads have done their part, or calls back then.
final class Countdown: Sendable {
  private let left: Atomic<Int>
  private let reply = Reply<Bool>()
  private let onZero: @Sendable () -> Void

  /// - Parameters:
  ///   - count: 1 or more.
  ///   - onZero: called on the thread that comes last.
  init(from count: Int, onZero: @escaping @Sendable () -> Void = {}) {
    left = Atomic(count)
    self.onZero = onZero
  }

  func countDown() {
    guard left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
    reply.give(true)
    onZero()
  }

  func wait(for limit: Duration) {
    _ = reply.wait(for: limit)
  }
}
