internal import Scaling
internal import Time

/// Finds out what a schedule says by walking over an interval minute by minute and looking at the
/// local clock, in the words of design section 1: a window opens at the first minute at which the
/// clock reads its start or later, and is open until the last at which it reads its end or earlier.
struct ScheduleOracle {
  /// Minutes since 1970, in UTC.
  private let firstMinute: Int
  /// What the local clock reads, in minutes since 1970-01-01 00:00 local.
  private let clock: [Int]
  /// The latest reading so far, and the earliest from here on: they only grow.
  private let latest: [Int]
  private let earliest: [Int]

  init(zone: TZifFile, minutes: Range<Int>) {
    firstMinute = minutes.lowerBound
    let changes = zone.transitions.filter { minutes.contains($0.at / 60) }
    var offset = zone.offset(at: minutes.lowerBound * 60)
    var next = 0
    var clock: [Int] = []
    var latest: [Int] = []
    clock.reserveCapacity(minutes.count)
    latest.reserveCapacity(minutes.count)
    var highest = Int.min
    for minute in minutes {
      if next < changes.count, changes[next].at <= minute * 60 {
        offset = changes[next].offset
        next += 1
      }
      let reading = minute + offset / 60
      if reading > highest { highest = reading }
      clock.append(reading)
      latest.append(highest)
    }
    var earliest = clock
    var lowest = Int.max
    for index in earliest.indices.reversed() {
      if earliest[index] < lowest { lowest = earliest[index] }
      earliest[index] = lowest
    }
    self.clock = clock
    self.latest = latest
    self.earliest = earliest
  }

  /// The local days that the interval touches.
  var days: ClosedRange<Int> {
    (earliest[0] / 1440 - 1)...(latest[latest.count - 1] / 1440 + 1)
  }

  /// For every minute the index of the rule that wins, -1 for none.
  func winners(
    of rules: [ScheduleRule], among candidates: (ScheduleRule) -> Bool, in range: Range<Int>
  ) -> [Int16] {
    var winners = [Int16](repeating: -1, count: clock.count)
    // The strongest paints last: the highest priority, and of equals the earliest.
    let order = rules.indices.sorted { left, right in
      (rules[left].priority, right) < (rules[right].priority, left)
    }
    for rule in order where candidates(rules[rule]) {
      for day in days where matches(rules[rule], day: day) {
        guard let window = window(of: rules[rule], day: day) else { continue }
        winners.withUnsafeMutableBufferPointer { buffer in
          buffer[window].update(repeating: Int16(rule))
        }
      }
    }
    return Array(winners[(range.lowerBound - firstMinute)..<(range.upperBound - firstMinute)])
  }

  private func matches(_ rule: ScheduleRule, day: Int) -> Bool {
    let date = CivilDate(daysSince1970: day)
    return (rule.days.isEmpty || rule.days.contains(date.weekday))
      && (rule.dates.isEmpty || rule.dates.contains(date))
  }

  /// Indices into the minutes; nil for a window of which nothing exists.
  private func window(of rule: ScheduleRule, day: Int) -> Range<Int>? {
    let start = day * 1440 + rule.start.minutes
    let end = (rule.end > rule.start ? day : day + 1) * 1440 + rule.end.minutes
    let opens = first { latest[$0] >= start }
    // The first minute from which on the clock always reads more than `end`, less the minute of
    // `end` itself, if there is one.
    let after = first { earliest[$0] > end }
    let closes = after > 0 && clock[after - 1] == end ? after - 1 : after
    return opens < closes ? opens..<closes : nil
  }

  /// The first index for which a condition holds that, once it holds, goes on holding.
  private func first(_ holds: (Int) -> Bool) -> Int {
    var low = 0
    var high = clock.count
    while low < high {
      let middle = (low + high) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
