internal import EventLoop
internal import Glibc

/// Hears SIGTERM and SIGINT.
///
/// Invariant for `@unchecked Sendable`: made and closed on the loop; between them only carried.
final class SignalPair: @unchecked Sendable {
  private var watchers: [SignalWatcher]

  init(loop: EventLoop, action: @escaping (_ signal: Int32) -> Void) throws(EventLoopError) {
    watchers = [
      try SignalWatcher(on: loop, signal: SIGTERM) { action(SIGTERM) },
      try SignalWatcher(on: loop, signal: SIGINT) { action(SIGINT) },
    ]
  }

  /// On the loop.
  func close() {
    watchers = []
  }
}
