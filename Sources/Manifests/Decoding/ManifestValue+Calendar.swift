internal import Scaling
internal import Time

extension ManifestValue {
  /// A time of day as `HH:MM`, quoted or not, from 00:00 to 24:00.
  ///
  /// - Parameter withSeconds: Whether `HH:MM:00` is read too, which EasyScale's users may write.
  func timeOfDay(withSeconds: Bool = false) -> TimeOfDay? {
    if let time = plainTime { return time }
    let expected = "a time from 00:00 to 24:00 written HH:MM"
    if case .scalar(let scalar) = node.content, case .integer(let number) = scalar.value {
      // YAML 1.1 writers turn an unquoted 09:00 into the number 540.
      let minutes = TimeOfDay(minutes: number).map { "\"\($0)\" if these are minutes of the day" }
      let hints = [Self.clockTime(number).map { "\"\($0)\"" }, minutes].compactMap(\.self)
      error(
        expected: expected,
        hint: hints.isEmpty ? nil : "write \(hints.joined(separator: ", or "))")
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
      let time = digits(text[...], atMost: 4).flatMap(Self.clockTime) ?? Self.twelveHours(text)
      var cron: String? {
        guard !withSeconds, (try? CronSchedule(text: text)) != nil else { return nil }
        return "a cron schedule stands in cron, in place of start and end: write cron: {start:"
          + " \"0 9 * * 1-5\", end: \"0 18 * * 1-5\"}"
      }
      error(
        expected: expected,
        hint: seconds ? "leave out the seconds" : time.map { "write \"\($0)\"" } ?? cron)
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

  /// The time of `1800`, or of `9`; nil for what is none.
  private static func clockTime(_ number: Int) -> TimeOfDay? {
    guard number >= 0, number < 100 || number % 100 < 60 else { return nil }
    return TimeOfDay(minutes: number < 100 ? number * 60 : number / 100 * 60 + number % 100)
  }

  /// The time of `9am`, `5 PM` or `9:30pm`; nil for what is none.
  private static func twelveHours(_ text: String) -> TimeOfDay? {
    let text = text.lowercased().filter { $0 != " " && $0 != "." }
    guard text.hasSuffix("am") || text.hasSuffix("pm") else { return nil }
    let parts = text.dropLast(2).split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { $0.utf8.count <= 2 ? Int($0) : nil }
    guard (1...2).contains(parts.count), numbers.count == parts.count,
      (1...12).contains(numbers[0]),
      (0...59).contains(numbers.count == 2 ? numbers[1] : 0)
    else { return nil }
    let hour = numbers[0] % 12 + (text.hasSuffix("pm") ? 12 : 0)
    return TimeOfDay(minutes: hour * 60 + (numbers.count == 2 ? numbers[1] : 0))
  }

  /// A date as `YYYY-MM-DD`, quoted or not, that the calendar has.
  func date() -> CivilDate? {
    let expected = "a date written YYYY-MM-DD"
    guard let text = text(expected: expected) else { return nil }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], let year = digits(parts[0], atMost: 4),
      let month = digits(parts[1], atMost: 2), let day = digits(parts[2], atMost: 2)
    else {
      error(expected: expected, hint: OtherDateForm(text).map { "write \($0.text)" })
      return nil
    }
    if let date = CivilDate(year: year, month: month, day: day) { return date }
    error("the date \(text) does not exist: \(reason(year: year, month: month))")
    return nil
  }

  /// Days of the week: an English name or its first three letters, in any case, or a range of them
  /// such as `Mon-Fri`, which may go over a Sunday.
  func weekdays() -> [Weekday] {
    let expected = "a day of the week such as Monday or Mon, or a range such as Mon-Fri"
    if case .scalar(let scalar) = node.content, case .integer(let number) = scalar.value {
      // As cron counts them: Sunday is 0 and 7.
      let day = (0...7).contains(number) ? Weekday.allCases[(number + 6) % 7] : nil
      error(expected: expected, hint: day.map { "write \($0.rawValue)" })
      return []
    }
    guard let text = text(expected: expected) else { return [] }
    if let days = Self.weekdays(text) { return days }
    let names = Weekday.allCases.map(\.rawValue)
    let range: String? =
      switch text.lowercased() {
      case "weekday", "weekdays", "workdays", "workday": "Mon-Fri"
      case "weekend", "weekends": "Sat-Sun"
      case "*", "all", "daily", "everyday": "Mon-Sun"
      default: nil
      }
    error(
      expected: expected,
      hint: range.map { "write \($0)" }
        ?? Suggestion.nearest(to: text, among: names).map { "did you mean \($0)?" })
    return []
  }

  /// The days that a name or a range of names means; nil for any other text.
  static func weekdays(_ text: String) -> [Weekday]? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
      .map { Weekday(name: $0.filter { $0 != " " }) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else {
      return nil
    }
    return first.through(last)
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

extension Weekday {
  /// The English name or its first three letters, in any case.
  fileprivate init?(name: String) {
    let found = Weekday.allCases.first { day in
      let full = day.rawValue.utf8
      return (name.utf8.count == full.count || name.utf8.count == 3)
        && zip(name.utf8, full).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }
    guard let found else { return nil }
    self = found
  }

  /// The days from this one to another, both included.
  fileprivate func through(_ last: Weekday) -> [Weekday] {
    let all = Weekday.allCases
    guard let from = all.firstIndex(of: self), let to = all.firstIndex(of: last) else { return [] }
    return (0...(to - from + 7) % 7).map { all[(from + $0) % 7] }
  }
}
