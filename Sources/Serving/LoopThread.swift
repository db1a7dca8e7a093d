internal import EventLoop
internal import Synchronization

/// The thread of a loop, for whoever is shared between threads: the first to join it waits.
final class LoopThread: Sendable {
  private let thread: Mutex<EventLoopThread?>

  init(_ thread: consuming sending EventLoopThread) {
    self.thread = Mutex(consume thread)
  }

  /// Ends the loop that it runs, and waits until it has; nothing for one that has ended.
  func end(_ loop: EventLoop) {
    loop.stop()
    join()
  }

  func join() {
    thread.withLock { $0.take() }?.join()
  }
}
