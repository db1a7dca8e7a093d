package import Scaling
private import Synchronization

/// The IANA time zones of this machine, read by Google's CCTZ.
///
/// Looks in `TZDIR`, or else in `/usr/share/zoneinfo`, the first time a zone is named; keeps what
/// it has loaded for the life of the process, as CCTZ itself does. `UTC` needs no file. Copies
/// share what is loaded, and any thread may use them.
package struct CCTZDatabase: TimeZoneDatabase {
  private let loaded = LoadedZones()

  package init() {}

  /// Nil for a name that is not IANA's or whose file is missing: the CCTZ library would also take
  /// paths, `localtime` and fixed offsets, none of which has a place in a manifest.
  package func timeZone(named name: String) -> (any TimeZoneRules)? {
    guard ZoneName.isWellFormed(name) else { return nil }
    return loaded.zone(named: name)
  }

  package func advice(for name: String) -> ZoneAdvice? {
    ZoneName.advice(for: name, among: allNames())
  }

  package func timeZone(ofWindows name: String) -> (any TimeZoneRules)? {
    WindowsZone.ianaName(of: name).flatMap { timeZone(named: $0) }
  }

  package var isMissing: Bool { allNames().count < 2 }

  /// The names of every zone that is installed, sorted; `UTC` alone when none is. Read once: reading them
  /// takes milliseconds, and clients may ask for any number of wrong names.
  package func allNames() -> [String] {
    loaded.names()
  }
}

/// The zones that were asked for, by name; those that do not exist are not remembered, so that a
/// `tzdata` installed later is found.
private final class LoadedZones: Sendable {
  private let zones = Mutex<[String: CCTZTimeZone]>([:])
  private let installed = Mutex<[String]>([])

  func zone(named name: String) -> CCTZTimeZone? {
    if let known = zones.withLock({ $0[name] }) { return known }
    // CCTZ itself never forgets a name that it was asked for, and clients may make them up.
    guard InstalledZones.has(name), let zone = CCTZTimeZone(name: name) else { return nil }
    return zones.withLock { zones in
      let first = zones[name] ?? zone
      zones[name] = first
      return first
    }
  }

  func names() -> [String] {
    installed.withLock { names in
      // While there is nothing but UTC, `tzdata` may yet be installed.
      if names.count <= 1 { names = InstalledZones.names() }
      return names
    }
  }
}
