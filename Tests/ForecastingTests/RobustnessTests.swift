internal import Foundation
internal import TestKit
internal import Testing

@testable internal import Forecasting

/// Nothing that comes from outside may trap or leave a forecast that is no number.
struct RobustnessTests {
  private func expectNumbers(_ forecaster: LoadForecaster) {
    guard let forecast = forecaster.forecast() else { return }
    for load in forecast.loads + forecast.medians { #expect(load.isFinite && load >= 0) }
  }

  @Test(arguments: [1e-300, 1e-9, 1, 1e9, 1e300], [60, 900, 3600])
  func `Any value can come, at any threshold`(_ threshold: Double, step: Int) throws {
    let values: [Double?] = [
      .nan, nil, 1e300, -1, .infinity, -.infinity, .signalingNaN, 0, -0.0, .leastNonzeroMagnitude,
      1e-9, 1, 1e9,
      .greatestFiniteMagnitude, 100,
    ]
    var generator = SeededGenerator(seed: 13)
    var walk = try Walker(step: step, leadTime: 6 * step, threshold: threshold)
    for _ in 0..<3000 {
      walk.observe(values[Int(generator.next() % UInt64(values.count))])
      expectNumbers(walk.forecaster)
    }
    // And it recovers: after nine days the guard knows nothing of 1e300.
    guard (1...1e9).contains(threshold), step > 60 else { return }
    walk.observe(30 * walk.day) { _ in 100 * threshold }
    for load in try #require(walk.forecaster.forecast()).loads {
      #expect((50 * threshold...201 * threshold).contains(load))
    }
  }

  @Test func `What is no load is missing`() throws {
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    for value in [nil, .nan, -1, .infinity] as [Double?] { walk.observe(value) }
    #expect(walk.forecaster.firstBucket == nil)
    #expect(walk.forecaster.missingCount == 0)
    walk.observe(50)
    #expect(walk.forecaster.forecast() == nil)
    for value in [nil, .nan, -1, -.infinity] as [Double?] { walk.observe(value) }
    #expect(walk.forecaster.missingCount == 4)
    #expect(walk.forecaster.forecast() == nil)
    walk.observe(50)
    #expect(walk.forecaster.valueCount == 2)
    let forecast = try #require(walk.forecaster.forecast())
    #expect(forecast.firstBucket == walk.forecaster.nextBucket)
    #expect(forecast.loads.count == 6 && forecast.medians.count == 6)
  }

  @Test func `A source that stays away widens the forecast and never lowers it to zero`() throws {
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    var generator = SeededGenerator(seed: 14)
    walk.observe(3 * walk.day) { _ in 100 + 3 * generator.normal() }
    let before = try #require(walk.forecaster.forecast()).loads[0]
    walk.observe(12) { _ in nil }
    let after = try #require(walk.forecaster.forecast()).loads[0]
    #expect(after > before + 2)
    walk.observe(40 * walk.day) { _ in nil }
    let forecast = try #require(walk.forecaster.forecast())
    #expect(forecast.loads.allSatisfy { $0 > 90 })
    #expect(walk.forecaster.missingCount == 12 + 40 * walk.day)
  }

  @Test func `Two years leave every number in its range`() throws {
    var generator = SeededGenerator(seed: 15)
    var walk = try Walker(step: 3600, leadTime: 3600, threshold: 10)
    var forecaster = walk.forecaster
    for bucket in 0..<2 * 365 * 24 {
      forecaster.observe(bucket % 24 < 8 ? 20 : 100 + 5 * generator.normal())
    }
    expectNumbers(forecaster)
    #expect(forecaster.counts.counts.allSatisfy { $0 == 0 || $0 >= 1e-30 })
    #expect(forecaster.counts.counts.reduce(0, +) < 24 * 10.2 + 1)
    walk.forecaster = forecaster
    walk.observe(24 * 14) { modulo($0, 24) < 8 ? 20 : 100 + 5 * generator.normal() }
    #expect((0.85...0.95).contains(walk.kept(0..<24 * 14)))
  }

  @Test func `A template remembers more values than its count can hold`() {
    var template = SlotTemplate(slots: 1, memory: 7)
    template.begin(0, 1, count: .max)
    #expect(template.counts == [.max])
    template.learn(0, 8, limit: .infinity)
    #expect(template.counts == [.max])
    #expect(template[0] == 2)
  }

  @Test func `A forecaster that began 28 days ago agrees with one that ran on`() throws {
    var generator = SeededGenerator(seed: 16)
    var old = try Walker(step: 300, leadTime: 1800, threshold: 10)
    let day = old.day
    let load = (0..<60 * day).map { index in
      let phase = 2 * Double.pi * Double(index % day) / Double(day)
      return (200 - 100 * cos(phase)) * (index / day % 7 >= 5 ? 0.6 : 1)
        * (1 + 0.03 * generator.normal())
    }
    for value in load.prefix(32 * day) { old.observe(value) }
    var new = try Walker(
      step: 300, leadTime: 1800, threshold: 10, first: old.forecaster.nextBucket)
    // Of the last day: a single forecast may differ by a little more.
    var difference = 0.0
    for (index, value) in load.enumerated().dropFirst(32 * day) {
      if index >= 59 * day {
        let before = try #require(old.forecaster.forecast()).loads
        let after = try #require(new.forecaster.forecast()).loads
        for (before, after) in zip(before, after) {
          difference += abs(after / before - 1) / Double(6 * day)
        }
      }
      old.observe(value)
      new.observe(value)
    }
    #expect(difference <= 0.02)
  }
}
