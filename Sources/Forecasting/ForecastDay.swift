/// What a forecaster asked for in the last day, and what came. Only for people to look at: nothing is
/// learnt from it.
package struct ForecastDay: Hashable, Sendable {
  /// Oldest first; the last one is the bucket before the one that is forecast.
  private var buckets: [Bucket] = []
  /// The buckets of a day.
  private let most: Int

  /// Loads, finite and at least 0.
  package struct Bucket: Hashable, Sendable {
    /// Nil is a bucket without a value.
    package fileprivate(set) var came: Float?
    /// What was forecast one bucket before it; nil before anything was.
    package fileprivate(set) var expected: Float?
    package fileprivate(set) var asked: Float?
  }

  package init(_ parameters: ForecastParameters) {
    most = parameters.grid.day
  }

  package mutating func append(_ came: Double?, expected: Double?, asked: Double?) {
    // Dropping one by one would move the rest each time.
    if buckets.count >= most + most / 4 { buckets.removeFirst(buckets.count - most + 1) }
    buckets.append(
      Bucket(
        came: Self.load(came), expected: Self.load(expected), asked: Self.load(asked)))
  }

  /// The last day, oldest first.
  package var last: ArraySlice<Bucket> { buckets.suffix(most) }

  private static func load(_ value: Double?) -> Float? {
    value.map { Float($0) }.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
  }
}

extension ForecastDay: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    buckets = Array(last)
    var count = buckets.count
    coder.pass(&count, in: 0...most)
    if buckets.count != count { buckets = Array(repeating: Bucket(), count: count) }
    for index in buckets.indices {
      coder.pass(load: &buckets[index].came)
      coder.pass(load: &buckets[index].expected)
      coder.pass(load: &buckets[index].asked)
    }
  }
}
