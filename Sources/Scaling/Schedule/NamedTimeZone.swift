package import Time

/// A time zone that was looked up, for what lives outside of a schedule. Equal by its name.
package struct NamedTimeZone: Hashable, Sendable {
  /// IANA name.
  package let name: String
  package let rules: any TimeZoneRules

  package init(name: String, rules: any TimeZoneRules) {
    self.name = name
    self.rules = rules
  }

  package static let utc = NamedTimeZone(name: "UTC", rules: UTC())

  package static func == (left: NamedTimeZone, right: NamedTimeZone) -> Bool {
    left.name == right.name
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(name)
  }
}

/// Coordinated Universal Time, whose clock never changes.
private struct UTC: TimeZoneRules {
  func date(at instant: Instant) -> CivilDate {
    let (days, rest) = instant.milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    return CivilDate(daysSince1970: Int(days) - (rest < 0 ? 1 : 0))
  }

  func offset(at instant: Instant) -> Duration { .zero }

  func instants(of date: CivilDate, _ time: TimeOfDay) -> LocalInstants {
    let minutes = Int64(date.daysSince1970) * 1440 + Int64(time.minutes)
    return .unique(Instant(milliseconds: minutes * 60_000))
  }
}

extension TimeZoneRules {
  /// What the local clock shows at an instant, to the minute.
  package func local(at instant: Instant) -> (date: CivilDate, time: TimeOfDay) {
    let date = date(at: instant)
    let shown = instant.advanced(by: offset(at: instant)).milliseconds
    let minute = (shown % 86_400_000 + 86_400_000) % 86_400_000 / 60_000
    return (date, TimeOfDay(minutes: Int(minute)) ?? .startOfDay)
  }
}
