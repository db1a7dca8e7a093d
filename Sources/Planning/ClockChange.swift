package import Scaling
package import Time

/// A moment at which the clocks of a time zone are put forward or back.
package struct ClockChange: Hashable, Sendable {
  package let timeZone: String
  package let at: Instant
  /// By how much: above zero forward, below zero back.
  package let shift: Duration

  package init(timeZone: String, at: Instant, shift: Duration) {
    self.timeZone = timeZone
    self.at = at
    self.shift = shift
  }

  /// `2026-03-29T01:00:00Z: the clocks of Europe/Paris go forward by 1h.`
  package var sentence: String {
    let magnitude = shift < .zero ? .zero - shift : shift
    return "\(at.rfc3339): the clocks of \(timeZone) go \(shift < .zero ? "back" : "forward") by "
      + "\(magnitude.text)."
  }
}

extension ClockChange {
  /// The changes in [from, to), in order.
  ///
  /// A day on which clocks change is not 24 hours long; only such days are looked at minute by
  /// minute. Two changes that make up for each other within one day go unseen; no zone has had any
  /// since 1970.
  package static func changes(
    of zone: any TimeZoneRules, named name: String, from: Instant, to: Instant
  ) -> [ClockChange] {
    guard from < to else { return [] }
    let first = zone.date(at: from).daysSince1970 - 1
    let last = max(first, zone.date(at: to).daysSince1970 + 1)
    var changes: [ClockChange] = []
    var midnight = zone.instant(of: first, .startOfDay)
    for day in first...last {
      let next = zone.instant(of: day + 1, .startOfDay)
      defer { midnight = next }
      guard midnight.duration(to: next) != .seconds(86_400), let at = zone.change(onDay: day),
        at >= from, at < to, changes.last?.at != at
      else { continue }
      let shift = zone.shift(aroundDay: day)
      if shift != .zero { changes.append(ClockChange(timeZone: name, at: at, shift: shift)) }
    }
    return changes
  }
}

extension TimeZoneRules {
  /// The one instant that stands for a local time: the first of two, the change for a skipped one.
  fileprivate func instant(of day: Int, _ time: TimeOfDay) -> Instant {
    switch instants(of: CivilDate(daysSince1970: day), time) {
    case .unique(let instant), .skipped(change: let instant), .repeated(first: let instant, _):
      instant
    }
  }

  /// The change that makes local times of this day be skipped or repeated.
  fileprivate func change(onDay day: Int) -> Instant? {
    let date = CivilDate(daysSince1970: day)
    var lastRepeated: Instant?
    for minute in 0...1439 {
      guard let time = TimeOfDay(minutes: minute) else { continue }
      switch instants(of: date, time) {
      case .skipped(let change): return change
      case .repeated(let first, _): lastRepeated = first
      case .unique where lastRepeated == nil: continue
      case .unique: return lastRepeated?.advanced(by: .seconds(60))
      }
    }
    return lastRepeated?.advanced(by: .seconds(60))
  }

  /// How much longer the local clock says it is from the noon before to the noon after than it is.
  fileprivate func shift(aroundDay day: Int) -> Duration {
    guard let noon = TimeOfDay(minutes: 720) else { return .zero }
    let elapsed = instant(of: day - 1, noon).duration(to: instant(of: day + 1, noon))
    return .seconds(2 * 86_400) - elapsed
  }
}
