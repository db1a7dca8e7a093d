internal import Time

/// How often one policy may be woken: a few wake-ups at once, and so many a minute. Pure.
package struct WakeUpLimiter: Sendable {
  private let perMinute: Int
  private var buckets: [ResourceName: TokenBucket] = [:]

  /// Wake-ups at once: several resolvers may ask for the same request.
  static let burst = 10
  /// Full buckets are forgotten at latest when there are that many.
  private static let maximumCount = 10_000

  /// - Parameter perMinute: In the long run; at least 1.
  package init(perMinute: Int) {
    self.perMinute = perMinute
  }

  /// - Parameter now: of a monotonic clock.
  /// - Returns: how long to wait for the next; nil when this one is taken.
  package mutating func asked(for policy: ResourceName, now: Duration) -> Duration? {
    let now = MonotonicTime.start.advanced(by: now)
    if buckets.count >= Self.maximumCount {
      buckets = buckets.filter { !$0.value.isFull(now: now) }
    }
    var bucket =
      buckets[policy]
      ?? TokenBucket(
        capacity: min(perMinute, Self.burst), perSecond: Double(perMinute) / 60, now: now)
    defer { buckets[policy] = bucket }
    return bucket.take(now: now) ? nil : bucket.wait(now: now)
  }

  /// Policies that are remembered.
  var count: Int { buckets.count }
}
