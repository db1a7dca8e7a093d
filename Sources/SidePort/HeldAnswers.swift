/// The long answers that clients have yet to take. Beyond a limit the connections whose answers have waited
/// longest are ended, so that slow readers do not fill the memory. Pure.
struct HeldAnswers {
  private let limit: Int
  /// The oldest first.
  private var answers: [(socket: Int32, byteCount: Int)] = []
  private(set) var byteCount = 0

  /// Shorter answers are bounded by the number of connections.
  static let longestShort = 64 << 10
  /// So many may wait whatever their length: several servers scrape at once.
  static let fewest = 4

  /// - Parameter limit: in bytes.
  init(limit: Int) {
    self.limit = limit
  }

  /// A connection is given an answer.
  ///
  /// - Returns: the sockets of the connections that must end.
  mutating func began(_ socket: Int32, byteCount count: Int) -> [Int32] {
    guard count > Self.longestShort else { return [] }
    answers.append((socket, count))
    byteCount += count
    var ended: [Int32] = []
    while byteCount > limit, answers.count > Self.fewest {
      let oldest = answers.removeFirst()
      byteCount -= oldest.byteCount
      ended.append(oldest.socket)
    }
    return ended
  }

  /// A connection has taken its answer, or ends.
  mutating func finished(_ socket: Int32) {
    guard let index = answers.firstIndex(where: { $0.socket == socket }) else { return }
    byteCount -= answers.remove(at: index).byteCount
  }
}
