/// Observations that one thread collects by itself and adds to a shared histogram from time to time.
///
/// An observation costs one comparison for the fastest bucket and no atomic operation.
package struct LocalHistogram {
  private let bounds: [Duration]
  private var counts: [UInt64]
  private var sum = Duration.zero

  /// - Parameter histogram: the one that will be flushed into, in seconds.
  package init(like histogram: Histogram) {
    bounds = histogram.bounds.map { .nanoseconds(Int64($0 * 1_000_000_000)) }
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  package mutating func observe(_ duration: Duration) {
    var index = 0
    while index < bounds.count, duration > bounds[index] { index += 1 }
    counts[index] &+= 1
    sum += duration
  }

  /// Moves everything observed so far into `histogram`.
  ///
  /// - Precondition: `histogram` has the buckets that this one was made for.
  package mutating func flush(into histogram: Histogram) {
    guard sum != .zero || counts.contains(where: { $0 != 0 }) else { return }
    histogram.add(counts: counts, sum: sum.inSeconds)
    for index in counts.indices { counts[index] = 0 }
    sum = .zero
  }
}
