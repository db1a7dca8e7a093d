internal import Scaling
internal import Time

extension ManifestValue {
  /// The name of a time zone that exists.
  ///
  /// - Parameter inAnyCase: whether `europe/paris` is taken, with a warning, as EasyScale does.
  func timeZone(_ zones: any TimeZoneDatabase, inAnyCase: Bool = false) -> String? {
    guard let name = text(expected: Self.zoneExpected) else { return nil }
    if inAnyCase, zones.timeZone(named: name) == nil,
      let same = zones.advice(for: name)?.names.first, same.lowercased() == name.lowercased()
    {
      warning("\(quoted(name)) is taken for \(same)")
      return same
    }
    return timeZone(named: name, zones)
  }

  /// - Parameter name: the name, which stands here or is part of what does.
  func timeZone(named name: String, _ zones: any TimeZoneDatabase) -> String? {
    guard zones.timeZone(named: name) == nil else {
      if let place = Self.fixedZones[name] {
        warning("\(name) has no summer time; the place that changes its clock is \(place)")
      }
      return name
    }
    guard !zones.isMissing else {
      error(zones.missing(for: printable(name.unicodeScalars.prefix(64))))
      return nil
    }
    error(
      "expected \(Self.zoneExpected), found the text \(quoted(name))"
        + (zones.advice(for: name).map { "; \($0)" } ?? ""))
    return nil
  }

  /// Zones that keep one distance from UTC, by names that are read as those of places.
  private static let fixedZones = ["EST": "America/New_York", "MST": "America/Denver"]

  private static let zoneExpected = "an IANA time zone such as Europe/Paris"
}
