/// How often something may happen: a number at once, and so many a second in the long run.
package struct TokenBucket: Sendable, Equatable {
  private let capacity: Double
  private let perSecond: Double
  private var level: Double
  private var filledAt: MonotonicTime

  /// A full bucket.
  ///
  /// - Parameters:
  ///   - capacity: What may happen at once; at least 1.
  ///   - perSecond: What may happen in a second in the long run; above 0.
  package init(capacity: Int, perSecond: Double, now: MonotonicTime) {
    self.capacity = Double(capacity)
    self.perSecond = perSecond
    level = self.capacity
    filledAt = now
  }

  /// Takes `count` tokens.
  ///
  /// - Returns: false when there are not as many; then none is taken.
  package mutating func take(_ count: Int = 1, now: MonotonicTime) -> Bool {
    level = level(at: now)
    filledAt = max(filledAt, now)
    guard level >= Double(count) else { return false }
    level -= Double(count)
    return true
  }

  /// How long until there are `count` tokens; zero when there are.
  package func wait(for count: Int = 1, now: MonotonicTime) -> Duration {
    let missing = Double(count) - level(at: now)
    return missing <= 0 ? .zero : .milliseconds((missing / perSecond * 1000).rounded(.up))
  }

  /// Whether it is as a new one would be.
  package func isFull(now: MonotonicTime) -> Bool { level(at: now) >= capacity }

  private func level(at now: MonotonicTime) -> Double {
    min(capacity, level + Double(filledAt.nanoseconds(to: now)) / 1e9 * perSecond)
  }
}
