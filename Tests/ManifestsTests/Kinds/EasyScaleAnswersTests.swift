internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// What EasyScale answers for its rules, case by case: the highest priority, of equals
/// the first, else the default, and then the limits; starts inclusive, ends exclusive.
struct EasyScaleAnswersTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var what: String
    var at: String
    var replicas: Int
    /// The rule that matched; nil for the default.
    var rule: String?

    init(_ what: String, _ at: String, _ replicas: Int, _ rule: String? = nil) {
      self.what = what
      self.at = at
      self.replicas = replicas
      self.rule = rule
    }

    var testDescription: String { "\(what), \(at)" }
  }

  private static func expect(_ answer: Case, of spec: String) throws {
    let lines = spec.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    let file = decode(
      """
      apiVersion: easyscale.io/v1
      kind: ScalingRule
      metadata: {name: shop, namespace: shop}
      spec:
        target: {kind: Deployment, name: shop, namespace: shop}
      \(lines)
      """)
    #expect(file.isGood, "\(file.lines)")
    let policy = try #require(file.policies.first)
    guard case .schedule(let schedule) = policy.signals[0].kind else {
      Issue.record("expected a schedule")
      return
    }
    let now = try Instant(rfc3339: answer.at)
    let timeline = try schedule.timeline(
      from: now, to: now.advanced(by: .seconds(60)), zones: decodingZones)
    let decision = Evaluator.decide(
      policy, readings: [.schedule(timeline)], memory: Decision.Memory(), at: now)
    #expect(decision.replicas == answer.replicas)
    #expect(decision.contributions[0].rule == answer.rule)
  }

  // MARK: Days and times

  /// A shop in New York, which is five hours behind UTC in November and four in July.
  private static let officeHours = """
    schedule:
    - name: Lunch rush
      days: [Monday, Tuesday, Wednesday, Thursday, Friday]
      timeStart: "11:30"
      timeEnd: "13:30"
      replicas: 15
      priority: 200
      timezone: America/New_York
    - name: Opening hours
      days: [Monday, Tuesday, Wednesday, Thursday, Friday]
      timeStart: "08:00"
      timeEnd: "18:00"
      replicas: 10
      priority: 100
      timezone: America/New_York
    default: {replicas: 3}
    limits: {minReplicas: 2, maxReplicas: 20}
    """

  @Test(arguments: [
    Case("a night", "2026-11-19T06:00:00Z", 3),
    Case("the last instant before the start", "2026-11-19T12:59:59.999Z", 3),
    Case("the start, inclusive", "2026-11-19T13:00:00Z", 10, "Opening hours"),
    Case("the higher priority wins", "2026-11-19T17:00:00Z", 15, "Lunch rush"),
    Case("the start of the higher", "2026-11-19T16:30:00Z", 15, "Lunch rush"),
    Case("just before it", "2026-11-19T16:29:59Z", 10, "Opening hours"),
    Case("the end of the higher, exclusive", "2026-11-19T18:30:00Z", 10, "Opening hours"),
    Case("the last instant of the day's rule", "2026-11-19T22:59:59.999Z", 10, "Opening hours"),
    Case("the end, exclusive", "2026-11-19T23:00:00Z", 3),
    Case("a Friday there, though a Saturday in UTC", "2026-11-21T00:30:00Z", 3),
    Case("a Saturday", "2026-11-21T15:00:00Z", 3),
    Case("in summer an hour earlier in UTC", "2026-07-16T12:00:00Z", 10, "Opening hours"),
    Case("in summer, before it", "2026-07-16T11:59:00Z", 3),
  ])
  func `Weekdays, times, zones and priorities`(answer: Case) throws {
    try Self.expect(answer, of: Self.officeHours)
  }

  // MARK: Dates

  private static let holidays = """
    schedule:
    - {name: Black Friday, dates: ["2026-11-27", "2026-11-28"], replicas: 30, priority: 300}
    - {name: Season, dates: ["2026-12-20", "2026-12-21"], replicas: 20, priority: 200}
    - {name: Weekends, days: [Saturday, Sunday], replicas: 8, priority: 100}
    - {name: First Saturday, days: [Saturday], dates: ["2026-12-04", "2026-12-05"], replicas: 9, priority: 150}
    default: {replicas: 5}
    limits: {minReplicas: 3, maxReplicas: 50}
    """

  @Test(arguments: [
    Case("a date", "2026-11-27T12:00:00Z", 30, "Black Friday"),
    Case("its first instant", "2026-11-27T00:00:00Z", 30, "Black Friday"),
    Case("the instant before", "2026-11-26T23:59:59.999Z", 5),
    Case("a date that is a Saturday, by priority", "2026-11-28T12:00:00Z", 30, "Black Friday"),
    Case("the day after, a Sunday", "2026-11-29T00:00:00Z", 8, "Weekends"),
    Case("another date, a Sunday", "2026-12-20T12:00:00Z", 20, "Season"),
    Case("its neighbour, a Monday", "2026-12-21T23:59:59Z", 20, "Season"),
    Case("after all dates", "2026-12-22T00:00:00Z", 5),
    Case("day and date both match", "2026-12-05T12:00:00Z", 9, "First Saturday"),
    Case("the date matches, the day does not", "2026-12-04T12:00:00Z", 5),
    Case("the same date of another year", "2027-11-27T12:00:00Z", 8, "Weekends"),
  ])
  func `Dates, alone and together with days`(answer: Case) throws {
    try Self.expect(answer, of: Self.holidays)
  }

  // MARK: Ties, defaults, limits

  @Test(arguments: [
    Case("of equals the first", "2026-11-19T12:00:00Z", 4, "first"),
    Case("after it the second", "2026-11-19T13:00:00Z", 6, "second"),
    Case("no priority is 0, below 1", "2026-11-19T14:30:00Z", 7, "third"),
    Case("a negative priority loses even to 0", "2026-11-19T15:30:00Z", 6, "second"),
    Case("and wins where it is alone", "2026-11-19T16:30:00Z", 1, "last"),
  ])
  func `Ties go to the first rule`(answer: Case) throws {
    try Self.expect(
      answer,
      of: """
        schedule:
        - {name: first, days: [Thursday], timeStart: "12:00", timeEnd: "13:00", replicas: 4}
        - {name: second, days: [Thursday], timeStart: "12:00", timeEnd: "16:00", replicas: 6}
        - {name: third, days: [Thursday], timeStart: "14:00", timeEnd: "15:00", replicas: 7, priority: 1}
        - {name: last, days: [Thursday], timeStart: "15:00", timeEnd: "17:00", replicas: 1, priority: -1}
        default: {replicas: 2}
        """)
  }

  @Test(arguments: [
    Case("a rule above the maximum", "2026-11-19T12:00:00Z", 10, "much"),
    Case("a rule below the minimum", "2026-11-20T12:00:00Z", 3, "little"),
    Case("the default below the minimum", "2026-11-21T12:00:00Z", 3),
  ])
  func `Limits bound rules and the default`(answer: Case) throws {
    try Self.expect(
      answer,
      of: """
        schedule:
        - {name: much, days: [Thursday], replicas: 50}
        - {name: little, days: [Friday], replicas: 1}
        default: {replicas: 2}
        limits: {minReplicas: 3, maxReplicas: 10}
        """)
  }

  @Test(arguments: [
    Case("by day", "2026-11-19T12:00:00Z", 3, "day"),
    Case("at night to zero", "2026-11-19T22:00:00Z", 0),
    Case("a start alone lasts to the end of the day", "2026-11-21T23:59:59Z", 1, "evening"),
    Case("and not into the next", "2026-11-22T00:00:00Z", 5, "morning"),
    Case("an end alone begins with the day", "2026-11-22T05:59:59Z", 5, "morning"),
    Case("an end alone ends", "2026-11-22T06:00:00Z", 0),
  ])
  func `Open ends, and a default of zero`(answer: Case) throws {
    try Self.expect(
      answer,
      of: """
        schedule:
        - {name: day, days: [Thursday], timeStart: "08:00", timeEnd: "20:00", replicas: 3}
        - {name: evening, days: [Saturday], timeStart: "18:00", replicas: 1}
        - {name: morning, days: [Sunday], timeEnd: "06:00", replicas: 5}
        default: {replicas: 0}
        """)
  }

  @Test(arguments: [
    Case("Tokyo's morning", "2026-11-19T00:00:00Z", 15, "Asia"),
    Case("between Tokyo and London", "2026-11-19T08:30:00Z", 5),
    Case("London's morning", "2026-11-19T09:00:00Z", 15, "Europe"),
    Case("New York's morning", "2026-11-19T14:00:00Z", 15, "Europe"),
    Case("New York alone", "2026-11-19T17:00:00Z", 15, "America"),
    Case("no one's", "2026-11-19T22:00:00Z", 5),
    Case("a Friday in Tokyo is a Thursday in UTC", "2026-11-20T00:30:00Z", 15, "Asia"),
    Case("a Saturday in Tokyo", "2026-11-21T00:30:00Z", 5),
  ])
  func `Each rule has its own zone`(answer: Case) throws {
    let days = "days: [Monday, Tuesday, Wednesday, Thursday, Friday]"
    let times = "timeStart: \"09:00\", timeEnd: \"17:00\", replicas: 15, priority: 100"
    try Self.expect(
      answer,
      of: """
        schedule:
        - {name: Asia, \(days), \(times), timezone: Asia/Tokyo}
        - {name: Europe, \(days), \(times), timezone: Europe/London}
        - {name: America, \(days), \(times), timezone: America/New_York}
        default: {replicas: 5}
        """)
  }
}
