/// How large residuals are: of each half-hour of the day, in general and just now, by horizon.
struct ResidualScale: Hashable, Sendable {
  private let slots: Int
  private let slotRate: Double
  private let generalRate: Double
  /// By horizon and slot of the day; NaN is not known yet. So are the other two.
  private(set) var bySlot: [Float]
  private(set) var general: [Double]
  private(set) var recent: [Double]

  init(_ grid: BucketGrid) {
    slots = grid.daySlots
    slotRate = 1 / (Tuning.templateDays * Double(grid.daySlot))
    generalRate = 1 / Double(grid.day)
    bySlot = Array(repeating: .nan, count: grid.horizons * grid.daySlots)
    general = Array(repeating: .nan, count: grid.horizons)
    recent = Array(repeating: .nan, count: grid.horizons)
  }

  /// - Parameter size: the size of a residual, in z.
  mutating func learn(_ horizon: Int, slot: Int, size: Double) {
    let place = horizon * slots + slot
    let old = Double(bySlot[place])
    let known = general[horizon]
    let first = known.isNaN ? size : 0.7 * known + 0.3 * size
    bySlot[place] = Float(old.isNaN ? first : old + (size - old) * slotRate)
    general[horizon] = known.isNaN ? size : known + (size - known) * generalRate
    let last = recent[horizon]
    recent[horizon] = last.isNaN ? size : last + (size - last) * Tuning.recent
  }

  /// σ of a forecast.
  ///
  /// - Parameter blindness: 1, or more where the last buckets are missing.
  func scale(_ horizon: Int, slot: Int, blindness: Double) -> Double {
    let general = general[horizon].isNaN ? Tuning.firstScale : general[horizon]
    let bySlot = Double(bySlot[horizon * slots + slot])
    let recent = recent[horizon]
    let mixed =
      0.5 * (bySlot.isNaN ? general : bySlot) + 0.2 * general
      + 0.3 * (recent.isNaN ? general : recent)
    return max(mixed * blindness, Tuning.smallestScale)
  }
}

extension ResidualScale: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&bySlot, unknown: true)
    coder.pass(&general, unknown: true)
    coder.pass(&recent, unknown: true)
  }
}
