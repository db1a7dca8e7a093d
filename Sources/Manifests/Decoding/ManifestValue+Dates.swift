internal import Scaling
internal import Time

/// What an item of `dates` says.
enum DateForm {
  case date(CivilDate)
  case span(DateSpan)
}

extension ManifestValue {
  /// `2026-11-27`, `12-25` for every year, or a range of either: `2026-12-20/2027-01-05`,
  /// `12-24/01-06`. Nil after an error.
  func dateForm() -> DateForm? {
    if case .scalar(let scalar) = node.content, case .integer(let number) = scalar.value,
      let date = CivilDate(year: number / 10_000, month: number / 100 % 100, day: number % 100)
    {
      error(expected: Self.datesExpected, hint: "write \(date)")
      return nil
    }
    guard node.isScalar, let text = text(expected: Self.datesExpected) else { return nil }
    var hint: String? { OtherDateForm(text).map { "write \($0.text)" } }
    let ends = text.split(separator: "/", omittingEmptySubsequences: false)
    let isYearly = ends.allSatisfy { $0.utf8.count == 5 }
    guard isYearly || ends.count > 1 else { return date().map { .date($0) } }
    guard (1...2).contains(ends.count) else {
      error(expected: Self.datesExpected, hint: hint)
      return nil
    }
    if isYearly {
      let days = ends.map { Self.monthDay($0) }
      guard let first = days[0], let last = days[days.count - 1] else {
        error(expected: Self.datesExpected, hint: hint)
        return nil
      }
      return .span(.yearly(first, last))
    }
    guard let first = Self.date(ends[0]), let last = Self.date(ends[1]) else {
      error(expected: Self.datesExpected, hint: hint)
      return nil
    }
    guard first <= last else {
      error("the range \(text) ends before it begins; write \(last)/\(first)")
      return nil
    }
    return .span(.once(first, last))
  }

  private static let datesExpected =
    "a date such as 2026-11-27, 12-25 for every year, or a range such as 2026-12-20/2027-01-05 or"
    + " 12-24/12-26"

  private static func monthDay(_ text: Substring) -> DateSpan.MonthDay? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let month = number(parts[0]), let day = number(parts[1]) else {
      return nil
    }
    return DateSpan.MonthDay(month: month, day: day)
  }

  private static func date(_ text: Substring) -> CivilDate? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], let year = number(parts[0]),
      let month = number(parts[1]), let day = number(parts[2])
    else { return nil }
    return CivilDate(year: year, month: month, day: day)
  }

  private static func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
  }

  // MARK: Months and exceptions

  private static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  /// Months, 1 to 12: an English name or its first three letters, or a range such as `Nov-Feb`.
  func months() -> [Int] {
    let expected = "a month such as December or Dec, or a range such as Nov-Feb"
    if case .scalar(let scalar) = node.content, case .integer(let number) = scalar.value {
      let name = (1...12).contains(number) ? Self.monthNames[number - 1] : nil
      error(expected: expected, hint: name.map { "write \($0)" })
      return []
    }
    guard let text = text(expected: expected, orNumber: false) else { return [] }
    if let months = Self.months(text) { return months }
    error(
      expected: expected,
      hint: Suggestion.nearest(to: text, among: Self.monthNames).map { "did you mean \($0)?" })
    return []
  }

  private static func months(_ text: String) -> [Int]? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { end in
      monthNames.firstIndex { name in
        let wanted = end.lowercased().filter { $0 != " " }
        return wanted == name.lowercased() || wanted == name.prefix(3).lowercased()
      }
    }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else {
      return nil
    }
    return (0...(last - first + 12) % 12).map { (first + $0) % 12 + 1 }
  }

  private static let exceptionExpected =
    "a day of the week, a month, a date, a range of them, or {calendar: NAME}"

  /// Adds a day of the week, a month, a date or a range of them to what is excepted.
  func exception(into except: inout DateExceptions) {
    if case .scalar(let scalar) = node.content, case .integer = scalar.value {
      _ = dateForm()
      return
    }
    guard let text = text(expected: Self.exceptionExpected) else { return }
    guard text.first?.isNumber != true else {
      switch dateForm() {
      case .date(let date): except.dates.insert(date)
      case .span(let span): except.spans.append(span)
      case nil: break
      }
      return
    }
    if let months = Self.months(text) {
      except.months.formUnion(months)
    } else if let days = Self.weekdays(text) {
      except.days.formUnion(days)
    } else {
      let names = Weekday.allCases.map(\.rawValue) + Self.monthNames
      let nearest = Suggestion.nearest(to: text, among: names).map { "did you mean \($0)?" }
      let isName = text.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
      }
      error(
        expected: Self.exceptionExpected,
        hint: nearest ?? (isName ? "write {calendar: \(text)} for the days of a calendar" : nil))
    }
  }

  /// A point in time with its offset.
  func instant() -> Instant? {
    let expected = "a time with its offset such as 2026-12-24T18:00:00+01:00"
    guard let text = text(expected: expected) else { return nil }
    guard let instant = try? Instant(rfc3339: text) else {
      // A date, or a time without its offset.
      let time = text.replacing(" ", with: "T")
      let meant = ["\(time)Z", "\(time):00Z", "\(time)T00:00:00Z"].first {
        (try? Instant(rfc3339: $0)) != nil
      }
      error(
        expected: expected, hint: meant.map { "write \($0), or with the offset of the place for Z" }
      )
      return nil
    }
    return instant
  }
}
