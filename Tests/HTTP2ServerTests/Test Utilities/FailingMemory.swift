internal import Glibc
internal import Synchronization

/// Memory for nghttp2 that runs out when a test says so. One for the process, since C functions have
/// no context: tests that use it run one after the other.
enum FailingMemory {
  private struct State {
    /// How many allocations succeed from now on; nil for all of them.
    var left: Int?
    var hasFailed = false
  }

  private static let state = Mutex(State())

  /// Has the allocation after the next `count` fail, and all after it.
  static func fail(after count: Int) {
    state.withLock { $0 = State(left: count) }
  }

  /// There is memory again. Returns whether it had run out.
  static func recover() -> Bool {
    state.withLock { state in
      defer { state = State() }
      return state.hasFailed
    }
  }

  static let allocate: @convention(c) @Sendable (Int) -> UnsafeMutableRawPointer? = { size in
    let mayTake = state.withLock { state in
      guard let left = state.left else { return true }
      state.left = max(left - 1, 0)
      state.hasFailed = state.hasFailed || left == 0
      return left > 0
    }
    return mayTake ? malloc(size) : nil
  }
}
