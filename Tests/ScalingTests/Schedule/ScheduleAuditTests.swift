internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// What `check` warns of. `base` is Friday 2026-11-20 08:00 UTC.
struct ScheduleAuditTests {
  private func findings(
    _ rules: [ScheduleRule], defaultReplicas: Int = 0, timeZone: String = "Europe/Paris"
  ) throws -> [ScheduleAudit.Finding] {
    try ScheduleAudit.findings(
      of: Schedule(timeZone: timeZone, defaultReplicas: defaultReplicas, rules: rules),
      zones: zones, from: base)
  }

  private func moment(
    _ at: String, _ date: String, _ time: String, _ timeZone: String = "Europe/Paris"
  ) throws -> ScheduleAudit.Moment {
    ScheduleAudit.Moment(
      at: try .at(at), date: try CivilDate(text: date), time: try TimeOfDay(text: time),
      timeZone: timeZone)
  }

  @Test func `A sound schedule has no findings`() throws {
    #expect(
      try findings(
        [
          try ScheduleRule("Work", "09:00", "18:00", replicas: 10, priority: 100),
          try ScheduleRule("Sale", replicas: 30, priority: 300, dates: ["2026-11-27"]),
          try ScheduleRule("Night", "22:00", "06:00", replicas: 4, priority: 50),
          try ScheduleRule("Bounded", replicas: 4, atMost: 4, priority: 400, dates: ["2026-12-24"]),
        ], defaultReplicas: 2) == [])
  }

  @Test func `Two rules of one priority that overlap are found, with when they do`() throws {
    let found = try findings([
      try ScheduleRule("Work", "09:00", "18:00", replicas: 10, days: [.monday]),
      try ScheduleRule("Late", "17:00", "23:00", replicas: 4),
    ])
    let at = try moment("2026-11-23T16:00:00Z", "2026-11-23", "17:00")
    #expect(found == [.overlap(first: 0, second: 1, role: .floor, at: at)])
    #expect(at.description == "Monday 2026-11-23 17:00 Europe/Paris")
  }

  @Test func `Caps overlap with caps alone`() throws {
    let found = try findings([
      try ScheduleRule("A", "09:00", "18:00", atMost: 10),
      try ScheduleRule("B", "09:00", "18:00", replicas: 4),
      try ScheduleRule("C", "10:00", "11:00", atMost: 8),
    ])
    let at = try moment("2026-11-20T09:00:00Z", "2026-11-20", "10:00")
    #expect(
      found == [
        .overlap(first: 0, second: 2, role: .cap, at: at),
        .neverWins(rule: 2, role: .cap, shadowedBy: 0, at: at),
      ])
  }

  @Test func `Windows that touch do not overlap, whatever the clock does`() throws {
    for timeZone in ["Europe/Paris", "Australia/Lord_Howe", "America/New_York", "Africa/Cairo"] {
      let found = try findings(
        [
          try ScheduleRule("A", "22:00", "00:30", replicas: 1),
          try ScheduleRule("B", "00:30", "01:30", replicas: 2),
          try ScheduleRule("C", "01:30", "02:00", replicas: 3),
          try ScheduleRule("D", "02:00", "02:30", replicas: 4),
          try ScheduleRule("E", "02:30", "22:00", replicas: 5),
        ], timeZone: timeZone)
      #expect(found == [], "\(timeZone)")
    }
  }

  @Test func `Rules of different time zones meet in real time`() throws {
    let found = try findings([
      try ScheduleRule("Paris", "09:00", "10:00", replicas: 1),
      try ScheduleRule("London", "08:30", "09:30", replicas: 2, timeZone: "Europe/London"),
    ])
    #expect(
      found == [
        .overlap(
          first: 0, second: 1, role: .floor,
          at: try moment("2026-11-20T08:30:00Z", "2026-11-20", "08:30", "Europe/London"))
      ])
  }

  @Test func `A rule that another always beats never wins`() throws {
    let found = try findings([
      try ScheduleRule("Weak", "09:00", "10:00", replicas: 1, priority: 1, days: [.sunday]),
      try ScheduleRule("Strong", "08:00", "12:00", replicas: 2, priority: 2),
    ])
    #expect(
      found == [
        .neverWins(
          rule: 0, role: .floor, shadowedBy: 1,
          at: try moment("2026-11-22T08:00:00Z", "2026-11-22", "09:00"))
      ])
  }

  @Test func `A rule that wins once is no finding`() throws {
    #expect(
      try findings([
        try ScheduleRule("Weak", "09:00", "10:00", replicas: 1, priority: 1),
        try ScheduleRule(
          "Strong", "08:00", "12:00", replicas: 2, priority: 2,
          days: Set(Weekday.allCases).subtracting([.wednesday])),
      ]) == [])
  }

  @Test func `A date far beyond the horizon is looked at too`() throws {
    let found = try findings([
      try ScheduleRule("Weekly", replicas: 1, priority: 5, days: [.monday]),
      try ScheduleRule("Far", replicas: 2, priority: 1, dates: ["2040-01-02"]),
    ])
    #expect(
      found == [
        .neverWins(
          rule: 1, role: .floor, shadowedBy: 0,
          at: try moment("2040-01-01T23:00:00Z", "2040-01-02", "00:00"))
      ])
  }

  @Test func `A rule whose dates are all excluded by its days never matches`() throws {
    #expect(
      try findings([
        try ScheduleRule("Never", replicas: 1, days: [.monday], dates: ["2026-11-27"])
      ]) == [.neverMatches(rule: 0)])
    #expect(
      try findings([
        try ScheduleRule(
          "Once", replicas: 1, days: [.friday], dates: ["2026-11-27", "2026-11-28"])
      ]) == [.excludedDate(rule: 0, date: try CivilDate(text: "2026-11-28"))])
  }

  @Test func `A rule whose windows the clock skips never matches`() throws {
    #expect(
      try findings([
        try ScheduleRule("Gap", "02:00", "03:00", replicas: 1, dates: ["2027-03-28"])
      ]) == [.neverMatches(rule: 0)])
    #expect(
      try findings([try ScheduleRule("Empty", "09:00", "09:00", replicas: 1)])
        == [.neverMatches(rule: 0)])
  }

  @Test func `A rule is over when its last window is`() throws {
    let rule = try ScheduleRule(
      "Sale", "22:00", "10:00", replicas: 1, dates: ["2025-11-28", "2026-11-19"])
    #expect(try findings([rule]) == [])
    let ended = try ScheduleRule(
      "Sale", "22:00", "09:00", replicas: 1, dates: ["2025-11-28", "2026-11-19"])
    #expect(
      try findings([ended]) == [.onlyInPast(rule: 0, last: try CivilDate(text: "2026-11-19"))])
  }

  @Test func `An end one minute before midnight or the next rule is found`() throws {
    let found = try findings([
      try ScheduleRule("Evening", "18:00", "23:59", replicas: 36),
      try ScheduleRule("Night", "00:00", "06:00", replicas: 36),
      try ScheduleRule("Morning", "06:00", "11:59", replicas: 5),
      try ScheduleRule("Noon", "12:00", "13:00", replicas: 8),
      try ScheduleRule("Whole", "20:00", "24:00", replicas: 5, priority: 1),
    ])
    #expect(
      found == [
        .endsMinuteEarly(rule: 0, next: nil), .endsMinuteEarly(rule: 2, next: 3),
      ])
  }

  @Test func `A cap below the floor of another rule, its own or the default is found`() throws {
    let found = try findings(
      [
        try ScheduleRule("Night", "22:00", "06:00", atMost: 5, priority: 1),
        try ScheduleRule("Batch", "23:00", "01:00", replicas: 8, priority: 1),
        try ScheduleRule("Odd", "12:00", "13:00", replicas: 8, atMost: 3, priority: 9),
      ], defaultReplicas: 6)
    #expect(
      found == [
        .capBelowFloor(
          cap: 0, floor: nil, at: try moment("2026-11-20T21:00:00Z", "2026-11-20", "22:00")),
        .capBelowFloor(
          cap: 0, floor: 1, at: try moment("2026-11-20T22:00:00Z", "2026-11-20", "23:00")),
        .capBelowFloor(
          cap: 2, floor: 2, at: try moment("2026-11-20T11:00:00Z", "2026-11-20", "12:00")),
      ])
  }

  @Test func `No more overlaps are told than anyone wants to read`() throws {
    let rules = try (0..<50).map { (index: Int) in try ScheduleRule("\(index)", replicas: index) }
    let overlaps = try findings(rules).filter {
      if case .overlap = $0 { true } else { false }
    }
    #expect(overlaps.count == ScheduleAudit.maximumOverlaps)
  }

  @Test func `An unknown time zone is thrown`() {
    #expect(throws: UnknownTimeZone(name: "Mars/Olympus")) {
      try findings([try ScheduleRule("Day", replicas: 1, timeZone: "Mars/Olympus")])
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `What is found depends on the order of the numbers and not on the numbers`(
    seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    let rules = try (0..<4).map { index in
      try ScheduleRule(
        "rule \(index)", random.pick(["00:00", "09:00", "12:00"]), random.pick(["10:00", "24:00"]),
        replicas: random.chance(80) ? random.pick([1, 5, 5, 70]) : nil,
        atMost: random.chance(50) ? random.pick([1, 4, 5, 90]) : nil,
        priority: random.pick([0, 1]))
    }
    let schedule = Schedule(
      timeZone: "Europe/Paris", defaultReplicas: random.pick([0, 5, 100]), rules: rules)
    var other = schedule.auditedForm
    #expect(other.auditedForm == other)
    #expect(
      try ScheduleAudit.findings(of: other, zones: zones, from: base)
        == ScheduleAudit.findings(of: schedule, zones: zones, from: base))
    // Any other numbers of the same order have the same form.
    other.defaultReplicas = 3 * other.defaultReplicas + 7
    for index in rules.indices {
      other.rules[index].name = "another"
      other.rules[index].replicas = other.rules[index].replicas.map { 3 * $0 + 7 }
      other.rules[index].atMost = other.rules[index].atMost.map { 3 * $0 + 7 }
    }
    #expect(other.auditedForm == schedule.auditedForm)
  }
}
