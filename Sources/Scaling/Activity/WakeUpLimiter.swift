/// How often one policy may be woken: a bucket of a few wake-ups, refilled at an even pace. Pure.
package struct WakeUpLimiter: Sendable {
  private let capacity: Double
  private let perSecond: Double
  private var buckets: [ResourceName: Bucket] = [:]

  private struct Bucket: Sendable {
    var wakeUps: Double
    /// Of the monotonic clock.
    var at: Duration
  }

  /// Wake-ups at once: several resolvers may ask for the same request.
  static let burst = 10
  /// Full buckets are forgotten at latest when there are that many.
  private static let maximumCount = 10_000

  /// - Parameter perMinute: In the long run; at least 1.
  package init(perMinute: Int) {
    perSecond = Double(perMinute) / 60
    capacity = Double(min(perMinute, Self.burst))
  }

  /// - Parameter now: of a monotonic clock.
  /// - Returns: how long to wait for the next; nil when this one is taken.
  package mutating func asked(for policy: ResourceName, now: Duration) -> Duration? {
    forgetFull(now: now)
    var bucket = refilled(buckets[policy] ?? Bucket(wakeUps: capacity, at: now), now: now)
    defer { buckets[policy] = bucket }
    guard bucket.wakeUps >= 1 else {
      return .milliseconds(((1 - bucket.wakeUps) / perSecond * 1000).rounded(.up))
    }
    bucket.wakeUps -= 1
    return nil
  }

  /// Policies that are remembered.
  var count: Int { buckets.count }

  private func refilled(_ bucket: Bucket, now: Duration) -> Bucket {
    let passed = Double(max(now - bucket.at, .zero).milliseconds) / 1000
    return Bucket(wakeUps: min(capacity, bucket.wakeUps + passed * perSecond), at: now)
  }

  private mutating func forgetFull(now: Duration) {
    guard buckets.count >= Self.maximumCount else { return }
    buckets = buckets.filter { refilled($0.value, now: now).wakeUps < capacity }
  }
}
