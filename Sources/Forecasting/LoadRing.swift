/// The last values of z: a day of 25 hours and its neighbours.
struct LoadRing: Hashable, Sendable {
  private var values: [Float]
  /// Buckets that are known: [first, next), as far as the ring keeps them.
  private var first = 0
  private(set) var next = 0

  init(_ grid: BucketGrid) {
    values = Array(repeating: 0, count: grid.kept)
  }

  /// Begins with this bucket.
  mutating func begin(at bucket: Int) {
    first = bucket
    next = bucket
  }

  mutating func append(_ z: Double) {
    values[modulo(next, values.count)] = Float(z)
    next += 1
  }

  func contains(_ bucket: Int) -> Bool {
    bucket < next && bucket >= first && bucket >= next - values.count
  }

  /// Of a bucket that it contains.
  subscript(bucket: Int) -> Double { Double(values[modulo(bucket, values.count)]) }

  /// The mean of the last buckets, as many of them as are known; at least one is.
  func mean(last count: Int) -> Double {
    let from = max(next - count, first)
    var sum = 0.0
    for bucket in from..<next { sum += self[bucket] }
    return sum / Double(next - from)
  }

  /// The mean of a bucket and its neighbours, of those that are known; at least one is.
  func mean(around bucket: Int) -> Double {
    var sum = 0.0
    var count = 0.0
    for near in bucket - 1...bucket + 1 where contains(near) {
      sum += self[near]
      count += 1
    }
    return sum / count
  }
}

extension LoadRing: StateCoded {
  /// The values alone: the forecaster knows the buckets.
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&values, in: 0...Float(Tuning.largestZ))
  }

  /// Goes on with values that were read.
  mutating func resume(first: Int, next: Int) {
    self.first = first
    self.next = next
  }
}
