/// The seasons: what is usual by time of day, by time of week and by minute of the hour, and last week
/// itself. No season is detected: all are offered, and the regression weighs them.
struct Templates: Hashable, Sendable {
  private(set) var daily: SlotTemplate
  private(set) var weekly: SlotTemplate
  private(set) var lastWeek: LastWeek
  /// By bucket of the hour in UTC; NaN without a value, empty where the hour is no season.
  private(set) var hourly: [Float]

  init(_ grid: BucketGrid) {
    daily = SlotTemplate(slots: grid.day, memory: Tuning.templateDays)
    weekly = SlotTemplate(
      slots: grid.weekSlots, memory: Tuning.templateWeeks * Double(grid.weekSlot))
    lastWeek = LastWeek(grid)
    hourly = Array(repeating: .nan, count: grid.hour)
  }

  /// The slots of one bucket.
  struct Slots {
    let day: Int
    let week: Int
    let hour: Int

    init(_ bucket: Int, _ grid: BucketGrid, _ clock: LocalClock) {
      day = clock.daySlot(bucket, grid)
      week = clock.weekSlot(bucket, grid)
      hour = grid.hour > 0 ? modulo(bucket, grid.hour) : 0
    }
  }

  /// - Parameter limit: by how much z may move a template, so that a spike is no habit. The hourly one
  ///   forgets within hours and is not held back.
  mutating func learn(_ z: Double, at slots: Slots, limit: Double, _ grid: BucketGrid) {
    let usual = weekly[slots.week]
    let isNew = usual.isNaN
    lastWeek.learn(slots.week, isNew ? z : usual + (z - usual).clamped(to: limit))
    if !isNew { weekly.learn(slots.week, z, limit: limit) }
    if daily.isKnown(slots.day) {
      daily.learn(slots.day, z, limit: limit)
    } else {
      daily.begin(slots.day, z, count: 1)
    }
    // In the first week a week is seven equal days.
    if isNew { weekly.begin(slots.week, daily[slots.day], count: grid.weekSlot) }
    guard !hourly.isEmpty else { return }
    let old = hourly[slots.hour]
    hourly[slots.hour] =
      old.isNaN ? Float(z) : Float(Double(old) + (z - Double(old)) / Tuning.templateHours)
  }

  /// Gives slots without a value the one that stands in for a missing bucket.
  mutating func fill(_ z: Double, at slots: Slots) {
    if !daily.isKnown(slots.day) { daily.begin(slots.day, z, count: 0) }
    if !weekly.isKnown(slots.week) { weekly.begin(slots.week, daily[slots.day], count: 0) }
    if !hourly.isEmpty, hourly[slots.hour].isNaN { hourly[slots.hour] = Float(z) }
  }
}

extension Templates: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    daily.pass(&coder)
    weekly.pass(&coder)
    lastWeek.pass(&coder)
    coder.pass(&hourly, unknown: true)
  }
}
