internal import CivilTime
internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct LoadCalendarTests {
  /// Four weeks by the quarter of an hour, from a Monday on: `need` replicas of 100 each.
  private func load(_ need: (_ day: Int, _ hour: Int) -> Int) throws -> LoadHistory {
    let start = try Instant.at("2026-11-02T00:00:00Z")
    return try LoadHistory(
      samples: (0..<28 * 96).map { index in
        LoadHistory.Sample(
          at: start + .seconds(index * 900), value: 100 * Double(need(index / 96, index / 4 % 24)))
      })
  }

  private func calendar(
    _ history: LoadHistory, share: Double = 1, zone: String = "UTC"
  ) throws -> [ScheduleRule] {
    LoadCalendar(
      of: history.series, from: history.start, to: history.end, perReplica: 100, share: share,
      zone: try #require(zones.timeZone(named: zone))
    ).rules
  }

  private func texts(_ rules: [ScheduleRule]) -> [String] {
    rules.map { "\($0.name) \($0.days.count) \($0.start)-\($0.end) \($0.replicas ?? -1)" }
  }

  @Test func `Days and hours that need the same are one rule`() throws {
    let history = try load { day, hour in
      day % 7 < 5 && (8..<18).contains(hour) ? 20 : 4
    }
    #expect(
      texts(try calendar(history)) == [
        "Mon-Fri 00:00-08:00 5 00:00-08:00 4", "Mon-Fri 08:00-18:00 5 08:00-18:00 20",
        "Mon-Fri 18:00-24:00 5 18:00-24:00 4", "Sat-Sun 00:00-24:00 2 00:00-24:00 4",
      ])
  }

  @Test func `Rules follow the clock of their zone`() throws {
    // 08:00 to 18:00 UTC is 09:00 to 19:00 in a November of Paris.
    let history = try load { _, hour in (8..<18).contains(hour) ? 20 : 4 }
    #expect(
      texts(try calendar(history, zone: "Europe/Paris"))
        == [
          "00:00-09:00 0 00:00-09:00 4", "09:00-19:00 0 09:00-19:00 20",
          "19:00-24:00 0 19:00-24:00 4",
        ])
  }

  @Test func `A share of such hours leaves the highest ones out`() throws {
    // One Wednesday of four is exceptional.
    let history = try load { day, hour in day == 9 && hour == 12 ? 90 : 10 }
    #expect(texts(try calendar(history, share: 0.75)) == ["00:00-24:00 0 00:00-24:00 10"])
    #expect(try calendar(history).contains { $0.replicas == 90 && $0.days == [.wednesday] })
  }

  @Test func `Hours that need nothing have no rule, and a small difference none of its own`() throws
  {
    #expect(try calendar(try load { _, _ in 0 }).isEmpty)
    let history = try load { _, hour in hour < 12 ? 0 : 40 + hour % 2 * 3 }
    #expect(texts(try calendar(history)) == ["12:00-24:00 0 12:00-24:00 43"])
  }
}
