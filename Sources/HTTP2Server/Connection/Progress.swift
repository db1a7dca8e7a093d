/// Whether something that waits for the client moves: the answers of a call, or a connection's output.
///
/// A look at every connection at each quarter of the limit costs less than a timer for every write,
/// and finds what has not moved for the limit and at most a quarter more.
struct Progress {
  /// How many looks in a row without progress are borne.
  static let patience = 4

  /// Whether something moved since the last look.
  private var hasMoved = false
  private var stillLooks = 0

  mutating func moved() {
    hasMoved = true
  }

  /// One look. To be called at steady intervals.
  ///
  /// - Returns: whether something waited and nothing moved at more than `patience` looks in a row.
  mutating func hasStalled(isWaiting: Bool) -> Bool {
    stillLooks = isWaiting && !hasMoved ? stillLooks + 1 : 0
    hasMoved = false
    return stillLooks > Self.patience
  }
}
