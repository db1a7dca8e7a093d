internal import Scaling

@testable internal import CivilTime

/// A handful of time zones: looking for names on the disk would take longer than all the rest, and
/// CCTZ remembers every name that it is asked for.
struct FewZones: TimeZoneDatabase {
  private static let names = ["America/New_York", "Asia/Kolkata", "Europe/Paris", "UTC"]
  private let zones = CCTZDatabase()

  func timeZone(named name: String) -> (any TimeZoneRules)? {
    Self.names.contains(name) ? zones.timeZone(named: name) : nil
  }

  func advice(for name: String) -> ZoneAdvice? {
    ZoneName.advice(for: name, among: Self.names)
  }
}
