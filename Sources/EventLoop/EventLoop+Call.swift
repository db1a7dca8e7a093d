extension EventLoop {
  /// Runs `work` on the loop and waits for what it returns. From any thread but the loop's own.
  ///
  /// - Parameter limit: how long to wait; nil for as long as it takes. Work that comes too late
  ///   still runs, and its result is dropped.
  /// - Returns: nil when the limit passed first.
  package func call<Result: Sendable>(
    within limit: Duration? = nil, _ work: @escaping @Sendable () -> Result
  ) -> Result? {
    let reply = Reply<Result>()
    post { reply.give(work()) }
    return reply.wait(for: limit)
  }
}
