package import Scaling
package import Time

/// A timetable made of a load that was measured: for each hour of the week, what a share of such hours
/// needed; days and hours that need about the same are one rule.
package struct LoadCalendar: Hashable, Sendable {
  /// Floors, without priority: no two of them hold at once.
  package let rules: [ScheduleRule]

  /// Needs that differ by this part, or by one replica, are about the same.
  private static let likeness = 0.1
  private static let hour: Int64 = 3_600_000

  /// - Parameters:
  ///   - share: Of such hours that it is to be enough for, above 0 and at most 1.
  ///   - zone: Whose clock the rules follow.
  package init(
    of load: StepSeries, from: Instant, to: Instant, perReplica: Double, share: Double,
    zone: any TimeZoneRules
  ) {
    let needs = Self.needs(of: load, from: from, to: to, perReplica: perReplica, zone: zone)
    var week = [[Int]](repeating: [Int](repeating: 0, count: 24), count: 7)
    for day in 0..<7 {
      for hour in 0..<24 {
        let own = needs[day * 24 + hour]
        // A weekday that the history does not have is like the others.
        let counts =
          (own.isEmpty ? (0..<7).flatMap { needs[$0 * 24 + hour] } : own).sorted()
        guard !counts.isEmpty else { continue }
        let index = Int((Double(counts.count) * share).rounded(.up)) - 1
        week[day][hour] = counts[min(max(index, 0), counts.count - 1)]
      }
    }
    rules = Self.groups(of: week).flatMap { Self.rules(of: $0.hours, days: $0.days) }
  }

  /// What each hour of the local week needed, one number for each week; Monday's first hour first.
  private static func needs(
    of load: StepSeries, from: Instant, to: Instant, perReplica: Double, zone: any TimeZoneRules
  ) -> [[Int]] {
    // Every offset from UTC is a multiple of a quarter of an hour.
    let slot: Int64 = 900_000
    var highest: [Int64: Double] = [:]
    var at = (from.milliseconds + slot - 1) / slot * slot
    while at + slot <= to.milliseconds {
      let start = Instant(milliseconds: at)
      if let value = load.maximum(from: start, to: start.advanced(by: .milliseconds(slot))) {
        let local = (at + zone.offset(at: start).milliseconds) / hour
        highest[local] = max(highest[local] ?? 0, value)
      }
      at += slot
    }
    var needs = [[Int]](repeating: [], count: 7 * 24)
    for (local, value) in highest {
      // 1970 began on a Thursday.
      let place = Int((local + 3 * 24) % (7 * 24))
      guard needs.indices.contains(place) else { continue }
      needs[place].append(DemandTrack.needed(for: value, perReplica: perReplica))
    }
    return needs
  }

  /// Days that need about the same in every hour, with the higher need of each.
  private static func groups(of week: [[Int]]) -> [(days: [Int], hours: [Int])] {
    var groups: [(days: [Int], hours: [Int])] = []
    for (day, hours) in week.enumerated() {
      let like = groups.firstIndex { group in
        zip(group.hours, hours).allSatisfy { isLike($0, $1) }
      }
      guard let like else {
        groups.append(([day], hours))
        continue
      }
      groups[like].days.append(day)
      groups[like].hours = zip(groups[like].hours, hours).map { max($0, $1) }
    }
    return groups
  }

  private static func isLike(_ one: Int, _ other: Int) -> Bool {
    Double(abs(one - other)) <= max(1, likeness * Double(max(one, other)))
  }

  private static func rules(of hours: [Int], days: [Int]) -> [ScheduleRule] {
    var rules: [ScheduleRule] = []
    var start = 0
    while start < 24 {
      var end = start + 1
      while end < 24, hours[start...end].allSatisfy({ isLike($0, hours[end]) }) { end += 1 }
      let replicas = hours[start..<end].max() ?? 0
      if replicas > 0, let opens = TimeOfDay(minutes: start * 60),
        let closes = TimeOfDay(minutes: end * 60)
      {
        let name = (days.count < 7 ? [dayText(days)] : []) + ["\(opens)-\(closes)"]
        rules.append(
          ScheduleRule(
            name: name.joined(separator: " "),
            days: days.count < 7 ? Set(days.map { Weekday.allCases[$0] }) : [], start: opens,
            end: closes, replicas: replicas))
      }
      start = end
    }
    return rules
  }

  /// `Mon-Wed, Sat` for days in the words of a manifest.
  static func dayText(_ days: [Int]) -> String {
    var spans: [ClosedRange<Int>] = []
    for day in days.sorted() {
      if let last = spans.last, last.upperBound == day - 1 {
        spans[spans.count - 1] = last.lowerBound...day
      } else {
        spans.append(day...day)
      }
    }
    let names = Weekday.allCases.map { String($0.rawValue.prefix(3)) }
    return spans.map { span in
      span.count == 1
        ? names[span.lowerBound] : "\(names[span.lowerBound])-\(names[span.upperBound])"
    }.joined(separator: ", ")
  }
}
