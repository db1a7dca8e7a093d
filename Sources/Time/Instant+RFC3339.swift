/// A text that is not an RFC 3339 timestamp.
package struct InvalidTimestamp: Error, Hashable, CustomStringConvertible {
  /// One sentence: what was expected and what was found.
  package let description: String
}

extension Instant {
  /// Reads an RFC 3339 timestamp: `2026-11-20T22:42:18Z`, with any number of fractional digits
  /// and any offset from `-23:59` to `+23:59`.
  ///
  /// Digits below a millisecond are dropped. A leap second, which RFC 3339 section 5.7 allows in
  /// the last minute of a UTC day, becomes the last millisecond before it, because `Instant` does
  /// not count leap seconds. The separator is `T` and not a space; years run from 0001.
  ///
  /// - Throws: `InvalidTimestamp` for anything else.
  package init(rfc3339 text: String) throws(InvalidTimestamp) {
    var reader = TimestampReader(bytes: Array(text.utf8))
    guard let instant = reader.instant() else {
      throw InvalidTimestamp(
        description: "\"\(text)\" is not an RFC 3339 timestamp such as 2026-11-20T22:42:18Z")
    }
    self = instant
  }

  /// `2026-11-20T22:42:18Z`, with `.123` for milliseconds other than 0. Always in UTC; outside the
  /// years 1 to 9999 it is the nearest instant inside.
  package var rfc3339: String { text { $0 == 0 ? "" : Self.fraction($0) } }

  /// The same with three digits of fraction always, as logs have it: `2026-11-20T22:42:18.000Z`.
  package var rfc3339Milliseconds: String { text(Self.fraction) }

  private func text(_ fraction: (Int64) -> String) -> String {
    let clamped = min(max(milliseconds, Self.earliestYear), Self.latestYear)
    let (day, time) = Self.split(clamped, by: 86_400_000)
    return "\(CivilDate(daysSince1970: Int(day)))T\(Self.clockText(millisecondOfDay: time))"
      + "\(fraction(time % 1000))Z"
  }

  /// The time of day in UTC alone, without milliseconds: `08:50:00Z`.
  package var utcClockText: String {
    let (_, time) = Self.split(milliseconds, by: 86_400_000)
    return "\(Self.clockText(millisecondOfDay: time))Z"
  }

  /// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z.
  private static let earliestYear: Int64 = -62_135_596_800_000
  private static let latestYear: Int64 = 253_402_300_799_999

  /// Quotient and remainder with a remainder of 0 or more.
  private static func split(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func clockText(millisecondOfDay time: Int64) -> String {
    "\(twoDigits(time / 3_600_000)):\(twoDigits(time / 60_000 % 60)):\(twoDigits(time / 1000 % 60))"
  }

  /// `.007`.
  private static func fraction(_ milliseconds: Int64) -> String {
    ".\(milliseconds / 100)\(twoDigits(milliseconds % 100))"
  }

  private static func twoDigits(_ number: Int64) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}

/// Reads one timestamp from front to back; nil from any method means that it is not one.
private struct TimestampReader {
  private let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func instant() -> Instant? {
    guard let year = number(digits: 4), skip("-"),
      let month = number(digits: 2), skip("-"),
      let day = number(digits: 2), skip("T") || skip("t"),
      let date = CivilDate(year: year, month: month, day: day),
      let hour = number(digits: 2), hour < 24, skip(":"),
      let minute = number(digits: 2), minute < 60, skip(":"),
      let second = number(digits: 2), second <= 60,
      let millisecond = fraction(),
      let offset = offset(), position == bytes.count
    else { return nil }

    let minuteUTC = date.daysSince1970 * 1440 + hour * 60 + minute - offset
    guard second == 60 else {
      return Instant(milliseconds: Int64((minuteUTC * 60 + second) * 1000 + millisecond))
    }
    guard (minuteUTC + 1).isMultiple(of: 1440) else { return nil }
    return Instant(milliseconds: Int64((minuteUTC + 1) * 60_000 - 1))
  }

  private mutating func number(digits: Int) -> Int? {
    var value = 0
    for _ in 0..<digits {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  private mutating func digit() -> Int? {
    guard position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    else { return nil }
    defer { position += 1 }
    return Int(bytes[position] - UInt8(ascii: "0"))
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// The milliseconds of an optional fraction; nil for a point without digits.
  private mutating func fraction() -> Int? {
    guard skip(".") else { return 0 }
    guard let first = digit() else { return nil }
    var milliseconds = first * 100
    var weight = 10
    while let digit = digit() {
      milliseconds += digit * weight
      weight /= 10
    }
    return milliseconds
  }

  /// Minutes east of UTC.
  private mutating func offset() -> Int? {
    if skip("Z") || skip("z") { return 0 }
    let west = skip("-")
    guard west || skip("+"), let hours = number(digits: 2), hours < 24, skip(":"),
      let minutes = number(digits: 2), minutes < 60
    else { return nil }
    let east = hours * 60 + minutes
    return west ? -east : east
  }
}
