private import CCivilTime
internal import Scaling

/// One IANA time zone; owns CCTZ's handle of it.
///
/// `@unchecked Sendable`: the pointer is written once, in `init`, and every function that is given
/// it only reads immutable data (CCTZ: "const methods may be called concurrently").
final class CCTZTimeZone: TimeZoneRules, @unchecked Sendable {
  private let handle: OpaquePointer

  /// Nil when CCTZ cannot load the zone.
  init?(name: String) {
    guard let handle = civil_zone_load(name) else { return nil }
    self.handle = handle
  }

  deinit {
    civil_zone_free(handle)
  }

  func date(at instant: Instant) -> CivilDate {
    let date = civil_zone_date(handle, instant.wholeSeconds)
    let clamped = min(max(date.year, 1), 9999)
    // Dates that CCTZ returns exist; clamping the year keeps them within CivilDate's range.
    return CivilDate(year: Int(clamped), month: Int(date.month), day: Int(date.day))
      ?? CivilDate(daysSince1970: clamped == 1 ? .min : .max)
  }

  func instants(of date: CivilDate, _ time: TimeOfDay) -> LocalInstants {
    let date = civil_date(year: Int64(date.year), month: Int32(date.month), day: Int32(date.day))
    let found = civil_zone_instants(handle, date, Int32(time.minutes))
    let first = Instant(wholeSeconds: found.first)
    return switch found.kind {
    case CIVIL_SKIPPED: .skipped(change: first)
    case CIVIL_REPEATED: .repeated(first: first, second: Instant(wholeSeconds: found.last))
    default: .unique(first)
    }
  }

  /// The first change of the zone's offset after an instant; nil when there is none.
  func nextChange(after instant: Instant) -> Instant? {
    var change: Int64 = 0
    guard civil_zone_next_change(handle, instant.wholeSeconds, &change) else { return nil }
    return Instant(wholeSeconds: change)
  }
}

extension Instant {
  /// Seconds since 1970, rounded down: the local clock has not reached the next one yet.
  fileprivate var wholeSeconds: Int64 {
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    return rest < 0 ? seconds - 1 : seconds
  }

  fileprivate init(wholeSeconds: Int64) {
    self = Instant(milliseconds: 0).advanced(by: .seconds(wholeSeconds))
  }
}
