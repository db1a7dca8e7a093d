internal import Synchronization

extension EventLoop {
  /// Runs `work` on the loop and waits for what it returns. From any thread but the loop's own.
  ///
  /// What `work` holds is let go of before this returns, so that the loop's thread is never the last
  /// to hold it.
  ///
  /// - Parameter limit: how long to wait; nil for as long as it takes. Work that comes too late
  ///   still runs, and its result is dropped.
  /// - Returns: nil when the limit passed first.
  package func call<Result: Sendable>(
    within limit: Duration? = nil, _ work: @escaping @Sendable () -> Result
  ) -> Result? {
    let reply = Reply<Result>()
    let pending = PendingCall(work)
    post {
      guard let result = pending.run() else { return }
      reply.give(result)
    }
    return reply.wait(for: limit)
  }
}

/// Work that is let go of once it has run.
private final class PendingCall<Result: Sendable>: Sendable {
  private let work: Mutex<(@Sendable () -> Result)?>

  init(_ work: @escaping @Sendable () -> Result) {
    self.work = Mutex(work)
  }

  /// - Returns: nil the second time.
  func run() -> Result? {
    let work = work.withLock { work in
      defer { work = nil }
      return work
    }
    return work?()
  }
}
