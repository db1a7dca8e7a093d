/// Last week itself: the mean z of each half-hour of the local week. The value of a week ago is kept
/// aside while its slot runs.
struct LastWeek: Hashable, Sendable {
  /// NaN is a slot without a value.
  private(set) var values: [Float]
  /// The slot that is being filled, or -1, and how many values it has.
  private(set) var running = -1
  private(set) var count = 0
  /// What the running slot was a week ago, or NaN.
  private(set) var before = Double.nan

  init(_ grid: BucketGrid) {
    values = Array(repeating: .nan, count: grid.weekSlots)
  }

  /// NaN for a slot without a value; of the running one the mean so far.
  subscript(slot: Int) -> Double { Double(values[slot]) }

  mutating func learn(_ slot: Int, _ z: Double) {
    if slot != running {
      running = slot
      before = Double(values[slot])
      count = 0
    }
    count += 1
    if count == 1 {
      values[slot] = Float(z)
    } else {
      let old = Double(values[slot])
      values[slot] = Float(old + (z - old) / Double(count))
    }
  }
}

extension LastWeek: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&values, unknown: true)
    coder.pass(&running, in: -1...values.count - 1)
    coder.pass(&count, in: 0...3600)
    coder.pass(&before, unknown: true)
  }
}
