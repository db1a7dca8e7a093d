internal import EventLoop

/// A door that one thread opens, once, and another waits at.
final class Latch: Sendable {
  private let reply = Reply<Bool>()

  func open() {
    reply.give(true)
  }

  func wait() {
    _ = reply.wait(for: nil)
  }

  /// - Returns: whether it is open.
  @discardableResult
  func wait(for limit: Duration) -> Bool {
    reply.wait(for: limit) ?? false
  }
}
