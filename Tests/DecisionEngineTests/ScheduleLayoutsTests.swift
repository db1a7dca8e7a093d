internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import DecisionEngine

@Suite struct ScheduleLayoutsTests {
  private static let start = Instant(milliseconds: 1_800_000_000_000)
  private static let schedule = Schedule(rules: [
    ScheduleRule(name: "Morning", end: TimeOfDay(minutes: 600) ?? .endOfDay, replicas: 10)
  ])

  private func after(_ hours: Int64) -> Instant {
    Self.start.advanced(by: .seconds(hours * 3600))
  }

  @Test func `what covers the interval is used again`() throws {
    var layouts = ScheduleLayouts(zones: UTCDatabase())
    let first = try layouts.timeline(of: Self.schedule, from: Self.start, to: after(1))
    #expect(try layouts.timeline(of: Self.schedule, from: after(2), to: after(3)) == first)
    // Six hours beyond the end is as far as the first reaches.
    #expect(try layouts.timeline(of: Self.schedule, from: after(2), to: after(6)) == first)
    let second = try layouts.timeline(of: Self.schedule, from: after(2), to: after(7))
    #expect(second != first)
    #expect(second.covers(from: after(2), to: after(7)))
    // The past is not laid out any more.
    #expect(try layouts.timeline(of: Self.schedule, from: after(1), to: after(2)) != second)
  }

  @Test func `another schedule has a layout of its own`() throws {
    var layouts = ScheduleLayouts(zones: UTCDatabase())
    var other = Self.schedule
    other.rules[0].replicas = 11
    let first = try layouts.timeline(of: Self.schedule, from: Self.start, to: after(1))
    let second = try layouts.timeline(of: other, from: Self.start, to: after(1))
    #expect(first.steps.first?.replicas == 10)
    #expect(second.steps.first?.replicas == 11)
  }

  @Test func `after more schedules than are remembered all are still right`() throws {
    var layouts = ScheduleLayouts(zones: UTCDatabase())
    for round in 0..<2 {
      for replicas in 0..<1100 {
        var schedule = Self.schedule
        schedule.rules[0].replicas = replicas
        let timeline = try layouts.timeline(of: schedule, from: Self.start, to: after(1))
        #expect(timeline.steps.first?.replicas == replicas, "in round \(round)")
      }
    }
  }

  @Test func `what changes each minute for a week does not fill the memory`() throws {
    var layouts = ScheduleLayouts(zones: UTCDatabase())
    func laidOut(_ replicas: Int, from hours: Int64) throws -> Instant {
      let cron = try CronWindow(start: "*/2 * * * *", end: "1-59/2 * * * *")
      let rule = ScheduleRule(name: "cron", replicas: replicas, cron: cron)
      let schedule = Schedule(timeZone: "UTC", rules: [rule])
      return try layouts.timeline(of: schedule, from: after(hours), to: after(160 + hours)).from
    }
    for replicas in 1...5 { _ = try laidOut(replicas, from: 0) }
    #expect(try laidOut(1, from: 1) == after(0))
    for replicas in 6...20 { _ = try laidOut(replicas, from: 0) }
    #expect(try laidOut(1, from: 1) == after(1))
  }

  @Test func `an unknown zone is an error each time`() {
    var layouts = ScheduleLayouts(zones: UTCDatabase())
    let schedule = Schedule(timeZone: "Mars/Base", rules: Self.schedule.rules)
    for _ in 0..<2 {
      #expect(throws: UnknownTimeZone.self) {
        try layouts.timeline(of: schedule, from: Self.start, to: after(1))
      }
    }
  }
  @Test func `each signal of a policy has a timeline of its own`() throws {
    var timelines = SignalTimelines()
    let laidOut = try (0..<3).map { hours in
      try Self.schedule.timeline(from: Self.start, to: after(hours + 1), zones: UTCDatabase())
    }
    for signal in [2, 0, 1] { timelines[signal] = laidOut[signal] }
    #expect((0..<4).map { timelines[$0] } == laidOut + [nil])
  }
}
