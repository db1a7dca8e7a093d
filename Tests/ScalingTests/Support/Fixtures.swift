internal import CivilTime
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// One database for all tests: it keeps what it loads.
let zones = CCTZDatabase()

extension CivilDate {
  /// `2026-11-27`.
  init(text: some StringProtocol) throws {
    let numbers = text.split(separator: "-").compactMap { Int($0) }
    try #require(numbers.count == 3)
    self = try #require(CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]))
  }
}

extension TimeOfDay {
  /// `09:05` or `24:00`.
  init(text: some StringProtocol) throws {
    let numbers = text.split(separator: ":").compactMap { Int($0) }
    try #require(numbers.count == 2)
    self = try #require(TimeOfDay(minutes: numbers[0] * 60 + numbers[1]))
  }
}

extension ScheduleRule {
  /// A rule with its times as text.
  init(
    _ name: String, _ start: String = "00:00", _ end: String = "24:00", replicas: Int? = nil,
    atMost: Int? = nil, priority: Int = 0, days: Set<Weekday> = [], dates: [String] = [],
    timeZone: String? = nil, increase: RelativeReplicas? = nil
  ) throws {
    self.init(
      name: name, days: days, dates: Set(try dates.map { try CivilDate(text: $0) }),
      start: try TimeOfDay(text: start), end: try TimeOfDay(text: end), replicas: replicas,
      atMost: atMost, priority: priority, timeZone: timeZone, increase: increase)
  }
}

extension RelativeReplicas {
  /// `+20 %`.
  static func plus(_ percent: Int) throws -> RelativeReplicas {
    try #require(RelativeReplicas(thousandths: 1000 + 10 * percent, isPercentage: true))
  }
}

extension Schedule {
  func timeline(_ from: String, _ to: String) throws -> ScheduleTimeline {
    try timeline(from: .at(from), to: .at(to), zones: zones)
  }
}

extension ScheduleTimeline {
  /// The steps as text, one a line: `2026-11-20T08:00:00Z 10 (rule 0) <= 5 (rule 1)`.
  var text: [String] {
    steps.map { step in
      let rule = step.rule.map { " (rule \($0))" } ?? ""
      let cap = step.cap.map { " <= \($0) (rule \(step.capRule ?? -1))" } ?? ""
      let increase = step.increase.map { " \($0.by.text) (rule \($0.rule))" } ?? ""
      return "\(step.start.rfc3339) \(step.replicas)\(rule)\(increase)\(cap)"
    }
  }
}
