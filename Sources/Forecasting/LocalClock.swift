/// Offsets of one time zone from UTC, in whole buckets rounded down: days and weeks follow the local
/// clock of the policy (forecast specification, step 5 of `observe`).
package struct LocalClock: Hashable, Sendable {
  /// From which bucket on an offset is in force, ascending; the first one holds before it, too.
  private var starts: [Int]
  private var offsets: [Int]

  /// A clock that never changes.
  ///
  /// - Parameter offset: in buckets.
  package init(offset: Int = 0) {
    starts = [.min]
    offsets = [offset]
  }

  /// - Parameters:
  ///   - step: Δ in seconds, above 0.
  ///   - changes: from which second since the epoch on which offset in seconds is in force, ascending.
  ///     The first one is in force before it, too; none at all is UTC.
  package init(step: Int, changes: [(from: Int, offset: Int)]) {
    self.init()
    guard step > 0, let first = changes.first else { return }
    starts = [.min]
    offsets = [Self.floor(first.offset, step)]
    for change in changes.dropFirst() {
      // The bucket that a change falls into begins with the old offset.
      let start = -Self.floor(-change.from, step)
      let offset = Self.floor(change.offset, step)
      guard offset != offsets[offsets.count - 1], start > starts[starts.count - 1] else { continue }
      starts.append(start)
      offsets.append(offset)
    }
  }

  /// In buckets, at the start of a bucket.
  package func offset(at bucket: Int) -> Int {
    // What is asked for is nearly always in the last two spans.
    var index = starts.count - 1
    while index > 0, starts[index] > bucket { index -= 1 }
    return offsets[index]
  }

  private static func floor(_ value: Int, _ divisor: Int) -> Int {
    (value - modulo(value, divisor)) / divisor
  }
}

extension LocalClock {
  /// The bucket's place on the local clock.
  func local(_ bucket: Int) -> Int { bucket + offset(at: bucket) }

  /// The slot of the daily template: a bucket of the local day.
  func daySlot(_ bucket: Int, _ grid: BucketGrid) -> Int { modulo(local(bucket), grid.day) }

  /// The slot of the weekly template: a half-hour of the local week.
  func weekSlot(_ bucket: Int, _ grid: BucketGrid) -> Int {
    modulo(local(bucket), grid.week) / grid.weekSlot
  }

  /// The slot of the size of residuals: a half-hour of the local day.
  func residualSlot(_ bucket: Int, _ grid: BucketGrid) -> Int {
    daySlot(bucket, grid) * grid.daySlots / grid.day
  }

  /// The bucket of the same local time on the day before, right through both clock changes.
  func dayBefore(_ bucket: Int, _ grid: BucketGrid) -> Int {
    let before = bucket - grid.day
    return before + offset(at: bucket) - offset(at: before)
  }
}
