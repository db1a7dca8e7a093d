internal import Glibc

/// Discounted counts of residuals in units of their scale. All horizons share them.
struct ResidualCounts: Hashable, Sendable {
  static let bins = 192
  private static let lowest = -8.0
  private static let highest = 16.0
  private static let width = (highest - lowest) / Double(bins)

  private(set) var counts: [Float]

  /// Begins as 20 residuals of a Laplace law.
  init() {
    let law = (0..<Self.bins).map { bin in
      exp(-abs(Self.lowest + (Double(bin) + 0.5) * Self.width))
    }
    let sum = law.reduce(0, +)
    counts = law.map { Float($0 / sum * 20) }
  }

  mutating func discount(_ factor: Double) {
    let factor = Float(factor)
    var counts = counts.mutableSpan
    for bin in 0..<Self.bins {
      // After two years the first counts are denormal numbers, which are slow.
      let next = counts[bin] * factor
      counts[bin] = next < 1e-30 ? 0 : next
    }
  }

  /// - Parameter residual: in units of its scale.
  mutating func add(_ residual: Double) {
    let bin = (residual - Self.lowest) / Self.width
    counts[Int(bin.clamped(upTo: Double(Self.bins - 1)))] += 1
  }

  /// The sums of the counts, from which quantiles are read.
  struct Cumulative {
    /// `sums[i]` is what lies below the lower edge of bin i.
    private var sums = InlineArray<193, Double>(repeating: 0)

    init(_ counts: ResidualCounts) {
      let counts = counts.counts.span
      var sum = 0.0
      for bin in 0..<ResidualCounts.bins {
        sum += Double(counts[bin])
        sums[bin + 1] = sum
      }
    }

    /// Linear within a bin.
    ///
    /// - Parameter share: kept between 0.01 and 0.9995.
    func quantile(_ share: Double) -> Double {
      let share = min(max(share, Tuning.quantiles.lowerBound), Tuning.quantiles.upperBound)
      let wanted = share * sums[ResidualCounts.bins]
      // The last edge that has no more than that below it.
      var low = 0
      var high = ResidualCounts.bins
      while high - low > 1 {
        let middle = (low + high) / 2
        if sums[middle] <= wanted { low = middle } else { high = middle }
      }
      let inside = sums[high] - sums[low]
      let part = inside > 0 ? min((wanted - sums[low]) / inside, 1) : 0
      return ResidualCounts.lowest + (Double(low) + part) * ResidualCounts.width
    }
  }
}

extension ResidualCounts: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&counts, in: 0...1e9)
  }
}
