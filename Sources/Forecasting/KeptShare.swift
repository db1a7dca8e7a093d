/// In which share of the time the load was at most what was asked for, the last days above all.
struct KeptShare: Hashable, Sendable {
  private let discount: Double
  private(set) var kept = 0.0
  private(set) var weight = 0.0

  init(_ grid: BucketGrid) {
    discount = grid.discount(halfLife: Tuning.auditDays)
  }

  mutating func learn(isKept: Bool) {
    kept = kept * discount + (isKept ? 1 : 0)
    weight = weight * discount + 1
  }

  /// Nil before the first bucket that was forecast.
  var share: Double? { weight > 0 ? kept / weight : nil }
}

extension KeptShare: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&kept)
    coder.pass(&weight)
  }
}
