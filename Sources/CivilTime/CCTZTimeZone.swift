private import CCivilTime
internal import Scaling
internal import Time

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

  /// Clamped to the years 1 to 9999, as `CivilDate` is.
  func date(at instant: Instant) -> CivilDate {
    let local = civil_zone_date(handle, instant.wholeSeconds)
    guard (1...9999).contains(local.year),
      let date = CivilDate(
        year: Int(local.year), month: Int(local.month), day: Int(local.day))
    else { return CivilDate(daysSince1970: local.year < 1 ? .min : .max) }
    return date
  }

  func offset(at instant: Instant) -> Duration {
    .seconds(civil_zone_offset(handle, instant.wholeSeconds))
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
}

extension Instant {
  /// Seconds since 1970, rounded down: the local clock has not reached the next one yet.
  fileprivate var wholeSeconds: Int64 {
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    return rest < 0 ? seconds - 1 : seconds
  }

  /// Saturates.
  fileprivate init(wholeSeconds: Int64) {
    let (milliseconds, overflow) = wholeSeconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else {
      self = wholeSeconds < 0 ? .distantPast : .distantFuture
      return
    }
    self.init(milliseconds: milliseconds)
  }
}
