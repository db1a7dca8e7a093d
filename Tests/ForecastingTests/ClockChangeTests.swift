internal import Foundation
internal import TestKit
internal import Testing

@testable internal import Forecasting

/// Days and weeks follow the local clock, through every change of it.
struct ClockChangeTests {
  /// A zone's clock around one change, in seconds since the epoch and from UTC.
  struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let at: Int
    let before: Int
    let after: Int
  }

  static let changes = [
    Change(testDescription: "Paris, spring", at: 1_774_746_000, before: 3600, after: 7200),
    Change(testDescription: "Paris, autumn", at: 1_792_890_000, before: 7200, after: 3600),
    Change(testDescription: "Lord Howe, spring", at: 1_791_041_400, before: 37_800, after: 39_600),
    Change(testDescription: "Lord Howe, autumn", at: 1_775_314_800, before: 39_600, after: 37_800),
  ]

  private func clock(_ change: Change, step: Int) -> LocalClock {
    LocalClock(step: step, changes: [(0, change.before), (change.at, change.after)])
  }

  @Test(arguments: changes, [300, 900, 1800, 3600])
  func `The day before has the same local time`(_ change: Change, step: Int) {
    let grid = BucketGrid(seconds: step, horizons: 4)
    let clock = clock(change, step: step)
    let first = change.at / step
    for bucket in first - 2 * grid.day...first + 2 * grid.day {
      let before = clock.dayBefore(bucket, grid)
      #expect(clock.daySlot(before, grid) == clock.daySlot(bucket, grid) || isSkipped(before))
      #expect((bucket - grid.day - 2 * 3600 / step...bucket - 1).contains(before))
      let offset = bucket * step < change.at ? change.before : change.after
      #expect(clock.offset(at: bucket) == offset / step)
    }
    // Of the hours around the change, some days have no such local time.
    func isSkipped(_ bucket: Int) -> Bool {
      abs(bucket - first) <= 3600 / step
    }
  }

  @Test(arguments: changes, [300, 1800])
  func `The days after a change are forecast as those before`(_ change: Change, step: Int) throws {
    func loss(_ clock: LocalClock) throws -> Double {
      var generator = SeededGenerator(seed: 12)
      let first = change.at / step - 21 * 86_400 / step
      var walk = try Walker(
        step: step, leadTime: 6 * step, threshold: 10, clock: clock, first: first)
      let day = walk.day
      // The load follows the clock on the wall: steep at 8 and at 18.
      let local = self.clock(change, step: 300)
      walk.observe(28 * day) { bucket in
        let second = bucket * step + 300 * local.offset(at: bucket * step / 300)
        let isBusy = (8 * 3600..<18 * 3600).contains(modulo(second, 86_400))
        return (isBusy ? 300 : 60) * (1 + 0.03 * generator.normal())
      }
      var loss = 0.0
      for index in 21 * day..<28 * day {
        let forecast = try #require(walk.forecast(for: index, horizon: 5))
        let difference = try #require(walk.values[index]) - forecast
        loss += max(0.9 * difference, -0.1 * difference)
      }
      return loss
    }
    let local = try loss(clock(change, step: step))
    let utc = try loss(LocalClock(offset: change.before / step))
    #expect(local < 0.75 * utc, "\(local), \(utc)")
  }

  @Test func `A zone without changes has one offset, rounded down to whole buckets`() {
    #expect(LocalClock(step: 3600, changes: []).offset(at: 500_000) == 0)
    #expect(LocalClock(step: 3600, changes: [(0, 20_700)]).offset(at: 500_000) == 5)
    #expect(LocalClock(step: 3600, changes: [(0, -12_600)]).offset(at: 500_000) == -4)
    #expect(LocalClock(step: 0, changes: [(0, 3600)]) == LocalClock())
    // A change within a bucket is in force from the next one on.
    let clock = LocalClock(step: 3600, changes: [(0, 0), (7201, 3600), (7202, 3600)])
    #expect((0...4).map(clock.offset(at:)) == [0, 0, 0, 1, 1])
  }
}
