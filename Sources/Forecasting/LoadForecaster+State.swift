extension LoadForecaster: StateCoded {
  /// Buckets that can be: a minute each, they reach beyond the year 2,000,000.
  private static let buckets = -(1 << 40)...(1 << 40)

  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&nextBucket, in: Self.buckets)
    coder.pass(&firstBucket, in: Self.buckets)
    coder.require(firstBucket.map { $0 < nextBucket } ?? true)
    let counts = 0...Self.buckets.upperBound
    coder.pass(&valueCount, in: counts)
    coder.pass(&missingCount, in: counts)
    coder.pass(&gap, in: counts)
    coder.pass(&lowest)
    coder.pass(&asked)
    ring.pass(&coder)
    if let firstBucket { ring.resume(first: firstBucket, next: nextBucket) }
    templates.pass(&coder)
    equations.pass(&coder)
    scale.pass(&coder)
    self.counts.pass(&coder)
    correction.pass(&coder)
    medianCorrection.pass(&coder)
    audit.pass(&coder)
    keptShare.pass(&coder)
    pending.pass(&coder)
    outages.pass(&coder)
    peaks.pass(&coder)
  }
}
