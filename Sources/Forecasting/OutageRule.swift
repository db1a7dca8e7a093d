/// Tells an outage of the source or the service from a load that is zero: where load was certain, and
/// neither yesterday nor a week ago was zero at this local time, a zero counts as missing for at most a
/// day. Services close on a clock; that is the bits.
struct OutageRule: Hashable, Sendable {
  /// Was the load exactly zero, by local bucket of the week; 64 to a word.
  private(set) var zeros: [UInt64]
  /// Zeros that were not believed, since the last other value.
  private(set) var run = 0

  init(_ grid: BucketGrid) {
    zeros = Array(repeating: 0, count: (grid.week + 63) / 64)
  }

  private func wasZero(_ place: Int) -> Bool { zeros[place / 64] >> (place % 64) & 1 == 1 }

  /// Takes note of a bucket, and says whether its value is to be treated as missing.
  ///
  /// - Parameters:
  ///   - value: as it came; nil is none.
  ///   - isValid: whether it is a load at all.
  ///   - lowest: the 1 % quantile that was forecast for it, in replicas; nil where none was.
  mutating func isOutage(
    _ value: Double?, isValid: Bool, place: Int, lowest: Double?, _ grid: BucketGrid
  ) -> Bool {
    let isHabit = wasZero(modulo(place - grid.day, grid.week)) || wasZero(place)
    if let value {
      let bit: UInt64 = 1 << (place % 64)
      if value == 0 { zeros[place / 64] |= bit } else { zeros[place / 64] &= ~bit }
    }
    guard isValid, let value else { return false }
    guard value == 0 else {
      run = 0
      return false
    }
    guard !isHabit, let lowest, run > 0 || lowest > Tuning.outageReplicas,
      run < Tuning.outageDays * grid.day
    else { return false }
    run += 1
    return true
  }
}

extension OutageRule: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&zeros)
    coder.pass(&run, in: 0...86_400)
  }
}
