internal import Synchronization

/// Counts the open connections of all workers against their limit. From any thread.
final class ConnectionBudget: Sendable {
  private let limit: Int
  private let open = Atomic(0)

  /// - Parameter limit: nil for none.
  init(limit: Int?) {
    self.limit = limit ?? .max
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
