/// A text that is no cron schedule, and why.
package struct InvalidCronSchedule: Error, Hashable, CustomStringConvertible {
  /// One sentence: which field, what was expected and what was found.
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// The fields of a cron schedule, read into sets of bits.
struct CronFields {
  let minutes: UInt64
  let hours: UInt64
  let monthDays: UInt64
  let months: UInt64
  /// Bit 0 is Monday.
  let weekdays: UInt64
  /// Whether both day fields are restricted.
  let eitherDay: Bool

  /// Longer texts list something twice.
  private static let longest = 1000

  init(text: String) throws(InvalidCronSchedule) {
    guard text.utf8.count <= Self.longest else {
      throw InvalidCronSchedule("a cron schedule has at most \(Self.longest) characters")
    }
    var parts = text.split(whereSeparator: \.isWhitespace)
    if let word = parts.first, word.hasPrefix("@") {
      parts = try Self.meaning(of: word, in: text).split(separator: " ")
    }
    guard parts.count == 5 else {
      throw InvalidCronSchedule(
        "\"\(text)\" has \(parts.count) \(parts.count == 1 ? "field" : "fields"), but a cron"
          + " schedule has five: minute, hour, day of the month, month, day of the week"
          + Self.advice(for: parts))
    }
    minutes = try Field.minute.bits(of: parts[0])
    hours = try Field.hour.bits(of: parts[1])
    monthDays = try Field.monthDay.bits(of: parts[2])
    months = try Field.month.bits(of: parts[3])
    let fromSunday = try Field.weekday.bits(of: parts[4])
    // Sunday is both 0 and 7; from Monday on it comes last.
    weekdays = (fromSunday >> 1 | fromSunday << 6) & 0x7F
    eitherDay = [parts[2], parts[4]].allSatisfy { !Self.isFree($0) }
  }

  /// What to write instead of another number of fields: a form that can be read, at the end of a
  /// sentence.
  private static func advice(for parts: [Substring]) -> String {
    if let first = parts.first, first.contains("TZ=") {
      return "; the zone has a field of its own: leave out \(first)"
    }
    let clock = parts.first?.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    if parts.count == 1, let clock, clock.count == 2, let hour = clock[0], let minute = clock[1],
      (0...23).contains(hour), (0...59).contains(minute)
    {
      return "; every day at that time is \"\(minute) \(hour) * * *\""
    }
    var forms = [(parts.dropFirst(), "the seconds")]
    if let last = parts.last,
      last == "*" || last.count >= 4 && last.prefix(4).allSatisfy(\.isWholeNumber)
    {
      forms += [
        (parts.dropLast(), "the year"), (parts.dropFirst().dropLast(), "the seconds and the year"),
      ]
    }
    for (fields, extra) in forms where fields.count == 5 {
      let five = fields.joined(separator: " ")
      if (try? CronFields(text: five)) != nil { return "; leave out \(extra): \"\(five)\"" }
    }
    return "; write them such as \"0 9 * * 1-5\""
  }

  /// The fields that a word such as `@daily` stands for.
  private static func meaning(
    of word: Substring, in text: String
  ) throws(InvalidCronSchedule) -> String {
    let words = [
      "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
      "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
      "@annually": "0 0 1 1 *",
    ]
    if let fields = words[String(word)], word.utf8.count == text.utf8.count { return fields }
    throw InvalidCronSchedule(
      "\"\(text)\" is not known here; write one of @hourly, @daily, @weekly, @monthly and @yearly,"
        + " or five fields such as \"0 9 * * 1-5\"")
  }

  /// Whether a day field leaves the choice to the other one: a `*` or `?` in its list that no step
  /// thins out. (robfig/cron, which KEDA and KubeElasti read schedules with.)
  private static func isFree(_ field: Substring) -> Bool {
    field.split(separator: ",").contains { ["*", "?", "*/1", "?/1"].contains($0) }
  }
}

/// One of the five fields.
private struct Field {
  let name: String
  let range: ClosedRange<Int>
  /// Where `*` and `5/2` end.
  var last: Int { range.upperBound == 7 ? 6 : range.upperBound }
  /// Names of the first numbers of the range.
  var names: [String] = []

  static let minute = Field(name: "minute", range: 0...59)
  static let hour = Field(name: "hour", range: 0...23)
  static let monthDay = Field(name: "day of the month", range: 1...31)
  static let month = Field(
    name: "month", range: 1...12,
    names: [
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ])
  static let weekday = Field(
    name: "day of the week", range: 0...7,
    names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  func bits(of text: Substring) throws(InvalidCronSchedule) -> UInt64 {
    var bits: UInt64 = 0
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      bits |= try self.bits(ofItem: item, in: text)
    }
    return bits
  }

  /// `*`, `5`, `5-10`, and each with a step: `*/15`, `5-50/15`, `5/15`, which is `5-59/15`.
  private func bits(ofItem item: Substring, in text: Substring) throws(InvalidCronSchedule)
    -> UInt64
  {
    let parts = item.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { throw invalid(text) }
    let step = parts.count == 2 ? Self.digits(parts[1], atMost: 4) : 1
    guard let step, step >= 1 else {
      throw InvalidCronSchedule(
        "the \(name) \"\(text)\" has the step \"\(parts[1])\", expected 1 to 9999")
    }
    var numbers: ClosedRange<Int>
    if parts[0] == "*" || parts[0] == "?" {
      numbers = range.lowerBound...last
    } else {
      let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false)
      let first = bounds.first.flatMap(number)
      var last =
        bounds.count == 2
        ? number(bounds[1]) : parts.count == 2 ? max(self.last, first ?? 0) : first
      // A range of weekdays may end on a Sunday: FRI-SUN.
      if bounds.count == 2, range.upperBound == 7, last == 0 { last = 7 }
      guard bounds.count <= 2, let first, let last else { throw invalid(text) }
      guard first <= last else {
        let both = "\(Self.range(first, self.last)),\(Self.range(range.lowerBound, last))"
        throw InvalidCronSchedule(
          "the \(name) \"\(text)\" has a range that ends before it begins"
            + (parts.count == 1 ? "; write \(both)" : ""))
      }
      numbers = first...last
    }
    var bits: UInt64 = 0
    for number in stride(from: numbers.lowerBound, through: numbers.upperBound, by: step) {
      bits |= 1 << UInt64(number)
    }
    return bits
  }

  private static func range(_ first: Int, _ last: Int) -> String {
    first == last ? "\(first)" : "\(first)-\(last)"
  }

  private func number(_ text: Substring) -> Int? {
    if let index = names.firstIndex(of: text.lowercased()) { return range.lowerBound + index }
    return Self.digits(text).flatMap { range.contains($0) ? $0 : nil }
  }

  private static func digits(_ text: Substring, atMost most: Int = 2) -> Int? {
    guard (1...most).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) })
    else {
      return nil
    }
    return Int(text)
  }

  private func invalid(_ text: Substring) -> InvalidCronSchedule {
    let example = names.isEmpty ? "" : " or names such as \(names[1].uppercased())"
    // A name that is written out, and the hour of midnight.
    let short = names.first { text.count > 3 && text.lowercased().hasPrefix($0) }
    let isMidnight = range == Self.hour.range && text == "24"
    let hint = short.map { "; write \($0.uppercased())" } ?? (isMidnight ? "; midnight is 0" : "")
    return InvalidCronSchedule(
      "the \(name) is \"\(text)\", expected * or numbers from \(range.lowerBound) to"
        + " \(range.upperBound)\(example), with , - and /\(hint)")
  }
}
