/// How often something may happen: a number at once, and as many a second for ever.
package struct TokenBucket: Sendable, Equatable {
  private let capacity: Double
  private let perSecond: Double
  private var level: Double
  private var filledAt: MonotonicTime

  /// A full bucket.
  package init(capacity: Int, perSecond: Int, now: MonotonicTime) {
    self.capacity = Double(capacity)
    self.perSecond = Double(perSecond)
    level = self.capacity
    filledAt = now
  }

  /// Takes `count` tokens.
  ///
  /// - Returns: false when there are not as many; then none is taken.
  package mutating func take(_ count: Int = 1, now: MonotonicTime) -> Bool {
    if now > filledAt {
      let seconds = Double(now.nanoseconds - filledAt.nanoseconds) / 1e9
      level = min(capacity, level + seconds * perSecond)
      filledAt = now
    }
    guard level >= Double(count) else { return false }
    level -= Double(count)
    return true
  }
}
