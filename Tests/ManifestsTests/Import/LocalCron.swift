internal import CivilTime
internal import Scaling
internal import Testing
internal import Time

/// KEDA's rule of a cron trigger, from the last minute backwards.
struct LocalCron {
  private let start: CronFieldsByHand
  private let end: CronFieldsByHand
  private let zone: any TimeZoneRules

  init(_ start: String, _ end: String, _ zone: String) throws {
    self.start = CronFieldsByHand(start)
    self.end = CronFieldsByHand(end)
    self.zone = try #require(decodingZones.timeZone(named: zone))
  }

  func active(from: Instant, minutes: Int) -> [Bool] {
    var nextStart = Int.max
    var nextEnd = Int.max
    var active = [Bool](repeating: false, count: minutes)
    for minute in (0..<minutes + 8 * 1440).reversed() {
      if minute < minutes { active[minute] = nextEnd <= nextStart }
      let instant = from.advanced(by: .seconds(60 * minute))
      let local = instant.advanced(by: zone.offset(at: instant)).milliseconds / 60_000
      if start.matches(Int(local)) { nextStart = minute }
      if end.matches(Int(local)) { nextEnd = minute }
    }
    return active
  }
}

/// A minute, an hour, and a range of days of the week.
private struct CronFieldsByHand {
  private let time: Int
  private let days: ClosedRange<Int>

  init(_ text: String) {
    let parts = text.split(separator: " ")
    time = (Int(parts[1]) ?? 0) * 60 + (Int(parts[0]) ?? 0)
    let bounds = parts[4].split(separator: "-").compactMap { Int($0) }
    days = (bounds.first ?? 0)...(bounds.last ?? 6)
  }

  func matches(_ minute: Int) -> Bool {
    minute % 1440 == time && days.contains((minute / 1440 + 4) % 7)
  }
}
