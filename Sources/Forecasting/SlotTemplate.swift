/// The usual z of each slot of a season: a mean at first, later an exponential one.
///
/// Templates in Float cost nothing (forecast specification, "State"). NaN is a slot without a value.
struct SlotTemplate: Hashable, Sendable {
  private(set) var values: [Float]
  private(set) var counts: [UInt16]
  /// The least weight of a new value.
  private let rate: Double

  /// - Parameter memory: how many values of a slot it remembers.
  init(slots: Int, memory: Double) {
    values = Array(repeating: .nan, count: slots)
    counts = Array(repeating: 0, count: slots)
    rate = 1 / memory
  }

  /// NaN for a slot without a value.
  subscript(slot: Int) -> Double { Double(values[slot]) }

  func isKnown(_ slot: Int) -> Bool { !values[slot].isNaN }

  /// Gives a slot its first value, worth `count` of them.
  mutating func begin(_ slot: Int, _ z: Double, count: Int) {
    values[slot] = Float(z)
    counts[slot] = UInt16(clamping: count)
  }

  /// Moves a slot that has a value towards z, by at most `limit` times its weight.
  mutating func learn(_ slot: Int, _ z: Double, limit: Double) {
    if counts[slot] < .max { counts[slot] += 1 }
    let old = Double(values[slot])
    let weight = max(1 / Double(counts[slot]), rate)
    values[slot] = Float(old + weight * (z - old).clamped(to: limit))
  }
}

extension SlotTemplate: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&values, unknown: true)
    coder.pass(&counts)
  }
}
