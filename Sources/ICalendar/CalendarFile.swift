internal import CICalendar
package import Scaling

/// Reads iCalendar files (RFC 5545) with libical: recurring events with their exceptions and moved
/// occurrences, whole days, and times in any zone.
///
/// A zone that the time zone database knows is taken from there, another from the file. Any thread;
/// what a file may cost is bounded by `CalendarLimits`.
package enum CalendarFile {
  /// - Parameters:
  ///   - zone: of times that name none; nil for what the file says, or else UTC.
  /// - Throws: where the file cannot be used as a whole. An event that cannot be understood is a
  ///   finding.
  package static func read(
    _ bytes: [UInt8], zone: (any TimeZoneRules)? = nil, zones: any TimeZoneDatabase
  ) throws(CalendarProblem) -> CalendarReading {
    let lines = try CalendarLines(bytes)
    icalerror_set_errors_are_fatal(0)
    let named = lines.timeZone.flatMap { name in
      zones.timeZone(named: name) ?? zones.timeZone(ofWindows: name)
    }
    guard let root = ParsedCalendar(lines.text) else {
      throw CalendarProblem("libical cannot read the file")
    }
    var layout = CalendarLayout(
      floating: zone ?? named ?? NamedTimeZone.utc.rules, zones: zones, eventLines: lines.eventLines
    )
    if zone == nil, named == nil, let name = lines.timeZone {
      layout.noteUnknownZone(name)
    }
    for calendar in root.calendars { try layout.lay(out: calendar) }
    return layout.reading
  }
}

/// What libical has read; freed with the owner.
private struct ParsedCalendar: ~Copyable {
  private let root: OpaquePointer

  /// - Parameter text: without a byte of 0.
  init?(_ text: [UInt8]) {
    let parsed = (text + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { icalparser_parse_string($0.baseAddress) }
    }
    guard let parsed else { return nil }
    root = parsed
  }

  deinit {
    icalcomponent_free(root)
  }

  /// Several where a file holds several, one after the other.
  var calendars: [OpaquePointer] {
    icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT
      ? [root] : root.components(ICAL_VCALENDAR_COMPONENT)
  }
}

extension OpaquePointer {
  /// The components of a kind inside of this one.
  func components(_ kind: icalcomponent_kind) -> [OpaquePointer] {
    var found: [OpaquePointer] = []
    var next = icalcomponent_get_first_component(self, kind)
    while let component = next {
      found.append(component)
      next = icalcomponent_get_next_component(self, kind)
    }
    return found
  }

  /// The properties of a kind of this component.
  func properties(_ kind: icalproperty_kind) -> [OpaquePointer] {
    var found: [OpaquePointer] = []
    var next = icalcomponent_get_first_property(self, kind)
    while let property = next {
      found.append(property)
      next = icalcomponent_get_next_property(self, kind)
    }
    return found
  }
}
