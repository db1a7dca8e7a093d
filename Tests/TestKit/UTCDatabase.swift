package import Scaling
package import Time

/// Time zones of which only UTC is needed.
package struct UTCDatabase: TimeZoneDatabase {
  package let isMissing: Bool

  package init(isMissing: Bool = false) {
    self.isMissing = isMissing
  }

  package func timeZone(named name: String) -> (any TimeZoneRules)? {
    name == "UTC" ? UTCRules() : nil
  }
}

package struct UTCRules: TimeZoneRules {
  package func date(at instant: Instant) -> CivilDate {
    CivilDate(daysSince1970: Int((Double(instant.milliseconds) / 86_400_000).rounded(.down)))
  }

  package func offset(at instant: Instant) -> Duration { .zero }

  package func instants(of date: CivilDate, _ time: TimeOfDay) -> LocalInstants {
    .unique(
      Instant(milliseconds: Int64(date.daysSince1970 * 1440 + time.minutes) * 60_000))
  }
}
