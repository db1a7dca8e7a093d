internal import Synchronization

/// Counts the open connections of all workers, and what their calls hold, against their limits. From any
/// thread.
final class ConnectionBudget: Sendable {
  /// What the calls of all connections hold.
  let calls: CallMemory
  private let limit: Int
  private let open = Atomic(0)

  /// - Parameters:
  ///   - limit: of connections; nil for none.
  ///   - callMemory: in bytes; nil for no limit.
  init(limit: Int?, callMemory: Int? = nil) {
    self.limit = limit ?? .max
    calls = CallMemory(limit: callMemory)
  }

  /// Takes the place of one connection.
  ///
  /// - Returns: false when there is none.
  func take() -> Bool {
    guard open.add(1, ordering: .relaxed).newValue > limit else { return true }
    giveBack()
    return false
  }

  func giveBack() {
    open.subtract(1, ordering: .relaxed)
  }
}
