internal import Scaling
internal import Time

/// Days on which no job of a CronHorizontalPodAutoscaler runs: `excludeDates`.
struct ExcludedDates {
  /// As `except` of a rule has them.
  private(set) var texts: [String] = []
  private(set) var exceptions = DateExceptions()

  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Takes an expression of five or six fields, of which the times say nothing.
  ///
  /// - Returns: false for one that is not a day of a month, a range of those, a month, or days of the
  ///   week.
  mutating func add(_ text: String) -> Bool {
    let fields = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard (5...6).contains(fields.count) else { return false }
    let isAny = fields.suffix(3).map { $0 == "*" || $0 == "?" }
    let day = fields[fields.count - 3]
    let month = Int(fields[fields.count - 2]).flatMap { (1...12).contains($0) ? $0 : nil }
    switch (isAny[0], isAny[1], isAny[2]) {
    case (false, false, true): return add(day: day, month: month)
    case (true, false, true):
      guard let month else { return false }
      texts.append(Self.months[month - 1])
      exceptions.months.insert(month)
      return true
    case (true, true, false): return add(weekdays: fields[fields.count - 1])
    default: return false
    }
  }

  private mutating func add(day: String, month: Int?) -> Bool {
    let ends = day.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let month, ends.count <= 2, let from = ends[0], let to = ends[ends.count - 1], from <= to,
      let first = DateSpan.MonthDay(month: month, day: from),
      let last = DateSpan.MonthDay(month: month, day: to)
    else { return false }
    exceptions.spans.append(.yearly(first, last))
    texts.append(
      from == to ? Self.text(month, from) : "\(Self.text(month, from))/\(Self.text(month, to))")
    return true
  }

  private mutating func add(weekdays: String) -> Bool {
    let numbers = weekdays.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.allSatisfy({ $0.map { (0...6).contains($0) } ?? false }) else { return false }
    for case let number? in numbers {
      texts.append(Self.days[number])
      exceptions.days.insert(Weekday.allCases[(number + 6) % 7])
    }
    return true
  }

  /// `12-25`.
  private static func text(_ month: Int, _ day: Int) -> String {
    "\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
  }
}

/// A job that runs once: `@date 2026-12-01 00:00:00`.
struct DatedJob {
  let name: String
  let at: Instant
  let size: Int

  /// When a job's schedule says a date and a time, by the clock of a zone; nil for anything else.
  static func instant(_ schedule: String, in zone: any TimeZoneRules) -> Instant? {
    let words = schedule.split(separator: " ")
    guard words.count == 3, words[0] == "@date" else { return nil }
    let date = words[1].split(separator: "-").map { Int($0) ?? -1 }
    let time = words[2].split(separator: ":").map { Int($0) ?? -1 }
    guard date.count == 3, time.count == 3, (0...59).contains(time[2]), (0...59).contains(time[1]),
      let day = CivilDate(year: date[0], month: date[1], day: date[2]), (0...23).contains(time[0]),
      let clock = TimeOfDay(minutes: time[0] * 60 + time[1])
    else { return nil }
    switch zone.instants(of: day, clock) {
    case .unique(let instant), .skipped(let instant), .repeated(first: let instant, _):
      return instant.advanced(by: .seconds(time[2]))
    }
  }
}
