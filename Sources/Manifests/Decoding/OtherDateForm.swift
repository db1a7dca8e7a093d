internal import Time

/// A date, or a range of dates, in a form that people write and that is not read here, as it would be
/// written: `24.12.2026`, `2026/12/24`, `12/24`, `2026-12-24 - 2026-12-26`.
struct OtherDateForm {
  let text: String

  /// Nil for what is nothing of the kind, and for what could mean two dates.
  init?(_ text: String) {
    guard text.utf8.count <= 40, text.utf8.allSatisfy(Self.isPart) else { return nil }
    let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
    let found: String? =
      switch numbers.count {
      case 2: Self.monthDay(numbers[0], numbers[1])
      case 3: Self.date(numbers[...], hasSlash: text.contains("/")).map { "\($0)" }
      case 6:
        if let from = Self.date(numbers[..<3], hasSlash: false),
          let to = Self.date(numbers[3...], hasSlash: false), from <= to
        {
          "\(from)/\(to)"
        } else {
          nil
        }
      default: nil
      }
    guard let found, found != text else { return nil }
    self.text = found
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || " ./-to".utf8.contains(byte)
  }

  /// The month first, unless that cannot be.
  private static func monthDay(_ first: Int, _ second: Int) -> String? {
    guard (first > 12) != (second > 12) else { return nil }
    let (month, day) = first > 12 ? (second, first) : (first, second)
    guard CivilDate(year: 2024, month: month, day: day) != nil else { return nil }
    return "\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
  }

  /// The year first, or the day, or, with slashes, the month.
  private static func date(_ numbers: ArraySlice<Int>, hasSlash: Bool) -> CivilDate? {
    let parts = Array(numbers)
    guard parts.count == 3 else { return nil }
    if parts[0] > 31 { return CivilDate(year: parts[0], month: parts[1], day: parts[2]) }
    guard parts[2] > 1000 else { return nil }
    guard hasSlash else { return CivilDate(year: parts[2], month: parts[1], day: parts[0]) }
    guard (parts[0] > 12) != (parts[1] > 12) else { return nil }
    return parts[0] > 12
      ? CivilDate(year: parts[2], month: parts[1], day: parts[0])
      : CivilDate(year: parts[2], month: parts[0], day: parts[1])
  }
}
