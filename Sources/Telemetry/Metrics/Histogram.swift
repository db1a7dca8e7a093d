private import Synchronization

/// Observations counted in fixed buckets. Lock-free; one handle may be used from any thread.
package final class Histogram: Sendable {
  /// The default buckets of Prometheus's Go client, in seconds: what Kedastral's histograms have,
  /// so that its dashboards go on working.
  package static let defaultBuckets: [Double] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  /// Inclusive upper bounds, rising; the bucket above the last one is implied.
  let bounds: [Double]
  /// One more than `bounds`. Not cumulative: an observation touches one of them.
  private let buckets: [Counter]
  /// The bit pattern of a Double.
  private let sumBits = Atomic<UInt64>(0)

  init(buckets bounds: [Double]) {
    self.bounds = bounds
    buckets = (0...bounds.count).map { _ in Counter() }
  }

  /// How many observations there have been.
  package var count: UInt64 { buckets.reduce(0) { $0 &+ $1.value } }

  package var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }

  /// NaN is dropped: it would spoil the sum for good.
  package func observe(_ value: Double) {
    guard !value.isNaN else { return }
    buckets[bounds.firstIndex { value <= $0 } ?? bounds.count].increment()
    sumBits.addDouble(value)
  }

  /// Observations made elsewhere: one count for each bucket, the one above the last bound included.
  func add(counts: [UInt64], sum: Double) {
    for (bucket, count) in zip(buckets, counts) where count > 0 { bucket.increment(by: count) }
    sumBits.addDouble(sum)
  }

  /// In seconds.
  package func observe(_ duration: Duration) {
    observe(duration.inSeconds)
  }
}

extension Histogram {
  func write(to samples: inout SampleText) {
    // The count is taken from the buckets just read, so that it equals the last of them although
    // observations go on.
    var cumulative: UInt64 = 0
    for (index, bucket) in buckets.enumerated() {
      cumulative &+= bucket.value
      let bound = index < bounds.count ? bounds[index] : .infinity
      samples.append(suffix: "_bucket", bound: bound, value: String(cumulative))
    }
    samples.append(suffix: "_sum", value: SampleText.number(sum))
    samples.append(suffix: "_count", value: String(cumulative))
  }
}
