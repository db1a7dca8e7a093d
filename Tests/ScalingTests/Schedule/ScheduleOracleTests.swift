internal import CivilTime
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// The schedule against the oracle that walks minute by minute, around the changes of every
/// zone's clock.
struct ScheduleOracleTests {
  @Test(
    "Around every clock change of 2022 to 2028 a timeline says what walking minute by minute says",
    arguments: Set(zones.allNames().map(region)).sorted())
  func everyZone(ofRegion region: String) throws {
    for name in zones.allNames() where Self.region(of: name) == region {
      let file = try TZifFile(zone: name)
      // A zone that leaves its clock alone is walked over New Year of 2026.
      let changes = file.changes(in: 2022...2028)
      for change in changes.isEmpty ? [1_767_225_600] : changes {
        try check(zone: name, file: file, around: change, rounds: 1)
      }
    }
  }

  private static func region(of name: String) -> String {
    name.contains("/") ? String(name.prefix { $0 != "/" }) : "none"
  }

  @Test(
    "So it does where whole days are skipped or clocks change at midnight, by half an hour or twice",
    arguments: [
      ("Pacific/Apia", 2010...2012), ("Pacific/Kwajalein", 1993...1993),
      ("Pacific/Fakaofo", 2011...2011), ("America/St_Johns", 1987...2011),
      ("America/Sao_Paulo", 2010...2019), ("America/Havana", 1990...2012),
      ("Asia/Amman", 2010...2022), ("Africa/Cairo", 2010...2026), ("Asia/Tehran", 2015...2022),
      ("Australia/Lord_Howe", 1981...2026), ("Asia/Pyongyang", 2015...2018),
      ("America/Caracas", 2007...2016), ("Antarctica/Casey", 2009...2023),
      ("Antarctica/Troll", 2005...2026), ("Asia/Manila", 1978...1990),
      ("America/Metlakatla", 2015...2019), ("Europe/Volgograd", 1988...2020),
      ("Asia/Gaza", 2008...2026), ("Africa/Casablanca", 2008...2026),
    ])
  func oddities(name: String, years: ClosedRange<Int>) throws {
    let file = try TZifFile(zone: name)
    for change in file.changes(in: years) {
      try check(zone: name, file: file, around: change, rounds: 3)
    }
  }

  /// Two days on either side; the windows that reach into them start up to two days earlier.
  private func check(zone: String, file: TZifFile, around change: Int, rounds: Int) throws {
    let centre = change / 60
    let walked = centre - 2880..<centre + 2880
    let oracle = ScheduleOracle(zone: file, minutes: centre - 4500..<centre + 4500)
    var random = SeededGenerator(seed: UInt64(bitPattern: Int64(change)))
    for round in 0..<rounds {
      let schedule = randomSchedule(
        zone: zone, changesAt: (change + file.offset(at: change - 1)) / 60, using: &random)
      let timeline = try schedule.timeline(
        from: minute(walked.lowerBound), to: minute(walked.upperBound), zones: zones)
      let floors = oracle.winners(of: schedule.rules, among: { $0.replicas != nil }, in: walked)
      let caps = oracle.winners(of: schedule.rules, among: { $0.atMost != nil }, in: walked)
      let message: Comment = "\(zone), change at \(change), round \(round): \(schedule)"
      #expect(timeline.winners(\.rule) == floors, message)
      #expect(timeline.winners(\.capRule) == caps, message)
      let increases = oracle.winners(
        of: schedule.rules, among: { $0.increase != nil }, in: walked)
      #expect(timeline.winners(\.increase?.rule) == increases, message)

      // A part of the interval, which may begin or end within a change, says the same.
      let start = Int.random(in: walked, using: &random)
      let end = Int.random(in: start..<walked.upperBound, using: &random) + 1
      let part = try schedule.timeline(from: minute(start), to: minute(end), zones: zones)
      #expect(
        part.winners(\.rule)
          == Array(floors[start - walked.lowerBound..<end - walked.lowerBound]), message)
    }
  }

  private func minute(_ number: Int) -> Instant {
    Instant(milliseconds: Int64(number) * 60_000)
  }

  /// Rules whose edges lie at the local time of the change more often than not.
  private func randomSchedule(
    zone: String, changesAt local: Int, using random: inout SeededGenerator
  ) -> Schedule {
    func time() -> TimeOfDay {
      let minutes =
        random.chance(60)
        ? local + random.pick([-120, -90, -60, -31, -30, -1, 0, 1, 29, 30, 31, 60, 90, 120])
        : Int.random(in: 0...1440, using: &random)
      return TimeOfDay(minutes: minutes == 1440 ? 1440 : (minutes % 1440 + 1440) % 1440)
        ?? .startOfDay
    }
    var rules: [ScheduleRule] = []
    for index in 0..<5 {
      var days: Set<Weekday> = []
      var dates: Set<CivilDate> = []
      if random.chance(40) {
        days = Set((0..<3).map { _ in random.pick(Weekday.allCases) })
      }
      if random.chance(40) {
        let today = local / 1440
        dates = Set(
          (0..<3).map { _ in
            CivilDate(daysSince1970: today + Int.random(in: -3...3, using: &random))
          })
      }
      let caps = random.chance(30)
      let start = time()
      var end = time()
      if end == start { end = start == .endOfDay ? .startOfDay : .endOfDay }
      rules.append(
        ScheduleRule(
          name: "rule \(index)", days: days, dates: dates,
          start: start == .endOfDay ? .startOfDay : start, end: end,
          replicas: caps && random.chance(50) ? nil : index + 1, atMost: caps ? index : nil,
          priority: Int.random(in: 0...2, using: &random),
          increase: random.chance(30)
            ? RelativeReplicas(thousandths: 1200, isPercentage: true) : nil))
    }
    return Schedule(timeZone: zone, defaultReplicas: 0, rules: rules)
  }
}

extension ScheduleTimeline {
  /// For every minute of the timeline the rule that wins, -1 for none.
  fileprivate func winners(_ rule: KeyPath<Step, Int?>) -> [Int16] {
    let count = Int((to.milliseconds - from.milliseconds) / 60_000)
    var winners = [Int16](repeating: -1, count: count)
    for (index, step) in steps.enumerated() {
      let start = Int((step.start.milliseconds - from.milliseconds) / 60_000)
      let end =
        index + 1 < steps.count
        ? Int((steps[index + 1].start.milliseconds - from.milliseconds) / 60_000) : count
      let winner = Int16(step[keyPath: rule] ?? -1)
      winners.withUnsafeMutableBufferPointer { $0[start..<end].update(repeating: winner) }
    }
    return winners
  }
}
