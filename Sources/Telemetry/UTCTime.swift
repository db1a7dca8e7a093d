/// Points in time as RFC 3339 text.
package enum UTCTime {
  /// The last instant of the year 9999: RFC 3339 has no more digits.
  private static let last: Int64 = 253_402_300_799_999
  /// The first instant of the year 0.
  private static let first: Int64 = -62_167_219_200_000

  /// `2026-11-20T22:42:18.123Z`, from milliseconds since 1970. A time outside the years 0 to 9999
  /// is written as the nearest one inside.
  package static func text(milliseconds: Int64) -> String {
    String(decoding: bytes(milliseconds: milliseconds), as: UTF8.self)
  }

  /// The same as ASCII.
  static func bytes(milliseconds: Int64) -> [UInt8] {
    let bounded = min(max(milliseconds, first), last)
    let (days, ofDay) = bounded.flooredQuotientAndRemainder(dividingBy: 86_400_000)
    let (year, month, day) = civil(daysSince1970: days)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(128)
    append(year, width: 4, then: "-", to: &bytes)
    append(month, width: 2, then: "-", to: &bytes)
    append(day, width: 2, then: "T", to: &bytes)
    append(ofDay / 3_600_000, width: 2, then: ":", to: &bytes)
    append(ofDay / 60_000 % 60, width: 2, then: ":", to: &bytes)
    append(ofDay / 1000 % 60, width: 2, then: ".", to: &bytes)
    append(ofDay % 1000, width: 3, then: "Z", to: &bytes)
    return bytes
  }

  /// The proleptic Gregorian date. Years are counted from 1 March, which puts the leap day last,
  /// and in cycles of 400 years, which all have 146,097 days.
  private static func civil(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (cycle, ofCycle) = (days + 719_468).flooredQuotientAndRemainder(dividingBy: 146_097)
    let yearOfCycle = (ofCycle - ofCycle / 1460 + ofCycle / 36_524 - ofCycle / 146_096) / 365
    let dayOfYear = ofCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    return (year, month, day)
  }

  /// The number with leading zeros.
  private static func append(
    _ number: Int64, width: Int, then separator: Unicode.Scalar, to bytes: inout [UInt8]
  ) {
    var divisor: Int64 = width == 4 ? 1000 : width == 3 ? 100 : 10
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
    bytes.append(UInt8(ascii: separator))
  }
}

extension Int64 {
  /// Division that rounds towards minus infinity; the remainder is never negative.
  fileprivate func flooredQuotientAndRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
