internal import Scaling

extension ManifestValue {
  /// A time of day as `HH:MM`, quoted or not, from 00:00 to 24:00.
  ///
  /// - Parameter withSeconds: Whether `HH:MM:00` is read too, which EasyScale's users may write.
  func timeOfDay(withSeconds: Bool = false) -> TimeOfDay? {
    if let time = plainTime { return time }
    let expected = "a time from 00:00 to 24:00 written HH:MM"
    if case .scalar(let scalar) = node.content, case .integer(let minutes) = scalar.value,
      let time = TimeOfDay(minutes: minutes)
    {
      // YAML 1.1 writers turn an unquoted 09:00 into the number 540.
      error(expected: expected, hint: "write \"\(time)\" if these are minutes of the day")
      return nil
    }
    guard let text = text(expected: expected) else { return nil }
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if withSeconds, parts.count == 3, parts[2] == "00" { parts.removeLast() }
    let numbers = parts.map { digits($0, atMost: 2) }
    guard parts.count == 2, parts[1].utf8.count == 2, let hour = numbers[0],
      let minute = numbers[1]
    else {
      let seconds = parts.count == 3 && numbers.allSatisfy { $0 != nil }
      error(expected: expected, hint: seconds ? "leave out the seconds" : nil)
      return nil
    }
    guard minute < 60, let time = TimeOfDay(minutes: hour * 60 + minute) else {
      error(expected: expected)
      return nil
    }
    guard parts[0].utf8.count == 2 else {
      error(expected: expected, hint: "write \"\(time)\"")
      return nil
    }
    return time
  }

  /// A date as `YYYY-MM-DD`, quoted or not, that the calendar has.
  func date() -> CivilDate? {
    let expected = "a date written YYYY-MM-DD"
    guard let text = text(expected: expected) else { return nil }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], let year = digits(parts[0], atMost: 4),
      let month = digits(parts[1], atMost: 2), let day = digits(parts[2], atMost: 2)
    else {
      error(expected: expected)
      return nil
    }
    if let date = CivilDate(year: year, month: month, day: day) { return date }
    error("the date \(text) does not exist: \(reason(year: year, month: month))")
    return nil
  }

  /// A day of the week: the English name or its first three letters, in any case.
  func weekday() -> Weekday? {
    guard let text = text(expected: "a day of the week such as Monday or Mon") else { return nil }
    if let day = Weekday.allCases.first(where: { text.isName(of: $0) }) { return day }
    let names = Weekday.allCases.map(\.rawValue)
    error(
      expected: "a day of the week such as Monday or Mon",
      hint: Suggestion.nearest(to: text, among: names).map { "did you mean \($0)?" })
    return nil
  }

  /// The time of `HH:MM`; nil for everything else.
  private var plainTime: TimeOfDay? {
    let bytes = Array(node.bytes)
    guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
    let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - Int(UInt8(ascii: "0")) }
    guard digits.allSatisfy((0...9).contains), digits[2] < 6 else { return nil }
    return TimeOfDay(minutes: (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3])
  }

  private func digits(_ text: Substring, atMost count: Int) -> Int? {
    guard (1...count).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }

  private func reason(year: Int, month: Int) -> String {
    guard year > 0 else { return "years start at 0001" }
    guard (1...12).contains(month) else { return "months go from 01 to 12" }
    let names = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December",
    ]
    return "\(names[month - 1]) \(year) has \(CivilDate.length(ofMonth: month, year: year)) days"
  }
}

extension String {
  /// Whether this is the English name of a day or its first three letters, in any case.
  fileprivate func isName(of day: Weekday) -> Bool {
    let name = day.rawValue.utf8
    return (utf8.count == name.count || utf8.count == 3)
      && zip(utf8, name).allSatisfy { $0 | 0x20 == $1 | 0x20 }
  }
}
