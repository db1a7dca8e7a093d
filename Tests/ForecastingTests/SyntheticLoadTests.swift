internal import Foundation
internal import TestKit
internal import Testing
internal import Time

@testable internal import Forecasting

/// What is foreseen of made-up loads (forecast specification, test 4).
struct SyntheticLoadTests {
  /// A day between 100 and 300 with noise of 3 %.
  private func daily(_ bucket: Int, day: Int, _ generator: inout SeededGenerator) -> Double {
    let phase = 2 * Double.pi * Double(modulo(bucket, day)) / Double(day)
    return (200 - 100 * cos(phase)) * (1 + 0.03 * generator.normal())
  }

  @Test(arguments: [0.5, 0.9, 0.95])
  func `A constant load is forecast within 1 percent after a day`(_ quantile: Double) throws {
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10, quantile: quantile)
    walk.observe(walk.day) { _ in 100 }
    for _ in 0..<walk.day {
      let forecast = try #require(walk.forecaster.forecast())
      for load in forecast.loads + forecast.medians { #expect(abs(load - 100) <= 1) }
      walk.observe(100)
    }
  }

  @Test func `A service that closes at night is asked for nothing then, and keeps its days`() throws
  {
    var generator = SeededGenerator(seed: 1)
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    let day = walk.day
    func isOpen(_ bucket: Int) -> Bool { (8 * 12..<21 * 12).contains(modulo(bucket, day)) }
    walk.observe(21 * day) { bucket in
      guard isOpen(bucket) else { return 0 }
      let hour = Double(modulo(bucket, day)) / 12
      return generator.poisson(170 + 30 * sin((hour - 8) / 13 * 2 * .pi))
    }
    func replicas(_ load: Double) -> Double {
      load < Tuning.idleReplicas * 10 ? 0 : (load / 10).rounded(.up)
    }
    var asked = Share()
    var kept = Share()
    for index in 3 * day..<21 * day {
      let forecast = replicas(try #require(walk.forecast(for: index, horizon: 0)))
      if isOpen(index) {
        kept.add(forecast >= replicas(try #require(walk.values[index])))
      } else if !(21 * 12..<21 * 12 + 6).contains(index % day) {
        // The half-hour of the closing knows residuals of both.
        asked.add(forecast > 0)
      }
    }
    #expect(asked.value < 0.01)
    #expect(kept.value >= 0.88)
  }

  @Test func `The steps of a square wave are foreseen a lead time ahead from day 3`() throws {
    var generator = SeededGenerator(seed: 2)
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    let day = walk.day
    walk.observe(7 * day) { bucket in
      let level = (day / 3..<day * 2 / 3).contains(modulo(bucket, day)) ? 400.0 : 100.0
      return level * (1 + 0.02 * generator.normal())
    }
    for date in 3..<7 {
      let rise = date * day + day / 3
      for bucket in rise..<rise + 6 {
        let load = try #require(walk.forecast(for: bucket, horizon: 5))
        #expect(load >= 380, "day \(date), \(bucket - rise) buckets after the rise: \(load)")
      }
      // And the fall: not for long.
      let later = try #require(walk.forecast(for: date * day + day * 2 / 3 + 2, horizon: 5))
      #expect(later < 200, "day \(date): \(later)")
    }
  }

  @Test func `A spike at minute 50 of each hour is foreseen from hour 8`() throws {
    var generator = SeededGenerator(seed: 3)
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    walk.observe(walk.day) { bucket in
      (modulo(bucket, 12) == 10 ? 300 : 50) * (1 + 0.02 * generator.normal())
    }
    for hour in 8..<24 {
      let spike = hour * 12 + 10
      #expect(try #require(walk.forecast(for: spike, horizon: 5)) >= 270, "hour \(hour)")
    }
    // And no other bucket: not from the second half of the day on.
    for index in 144..<288 where index % 12 < 8 {
      #expect(try #require(walk.forecast(for: index, horizon: 5)) < 150, "bucket \(index)")
    }
  }

  @Test func `Weekday and weekend are told apart from week 2`() throws {
    var generator = SeededGenerator(seed: 4)
    var walk = try Walker(step: 900, leadTime: 3600, threshold: 10)
    let day = walk.day
    walk.observe(28 * day) { bucket in
      // The first bucket is a Monday's.
      let isWeekend = modulo(bucket / day - 1_767_571_200 / 86_400, 7) >= 5
      return daily(bucket, day: day, &generator) * (isWeekend ? 0.4 : 1)
    }
    for date in 14..<28 {
      var forecast = 0.0
      var real = 0.0
      for index in date * day + day / 3..<(date + 1) * day {
        forecast += try #require(walk.forecast(for: index, horizon: 3))
        real += try #require(walk.values[index])
      }
      #expect((0.95...1.35).contains(forecast / real), "day \(date): \(forecast / real)")
    }
    #expect(walk.kept(14 * day..<28 * day) >= 0.87)
  }

  @Test func `Six hours of zeros change no forecast, neither during them nor later`() throws {
    var outages = try Walker(step: 300, leadTime: 1800, threshold: 10)
    var whole = try Walker(step: 300, leadTime: 1800, threshold: 10)
    let day = outages.day
    var generator = SeededGenerator(seed: 5)
    let outage = 14 * day + day / 3..<14 * day + day / 3 + 72
    for index in 0..<24 * day {
      let load = daily(index, day: day, &generator)
      outages.observe(outage.contains(index) ? 0 : load)
      whole.observe(load)
    }
    #expect(outages.forecaster.missingCount == outage.count)
    for index in outage {
      // The longer nothing is seen, the less is certain: the quantile rises, the median does not.
      let with = try #require(outages.forecasts[index])
      let without = try #require(whole.forecasts[index])
      let ratio = with.medians[0] / without.medians[0]
      #expect(abs(ratio - 1) <= 0.1, "\(index - outage.lowerBound): \(ratio)")
      #expect(with.loads[0] >= 0.9 * without.loads[0])
    }
    for index in outage.lowerBound + 7 * day..<outage.upperBound + 7 * day {
      let with = try #require(outages.forecast(for: index, horizon: 0))
      let without = try #require(whole.forecast(for: index, horizon: 0))
      #expect(abs(with / without - 1) <= 0.1, "\(index): \(with), \(without)")
    }
  }

  @Test(arguments: [1, 7])
  func `Zeros at the same hours of the next day or week are a habit`(_ days: Int) throws {
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    var generator = SeededGenerator(seed: 11)
    let day = walk.day
    let outage = 10 * day..<10 * day + 72
    walk.observe((11 + days) * day) { bucket in
      let index = bucket - 1_767_571_200 / 300
      return outage.contains(index) || outage.contains(index - days * day)
        ? 0 : daily(bucket, day: day, &generator)
    }
    #expect(walk.forecaster.missingCount == outage.count)
  }

  @Test func `A zero that lasts longer than a day is believed`() throws {
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    var generator = SeededGenerator(seed: 6)
    let day = walk.day
    walk.observe(10 * day) { daily($0, day: day, &generator) }
    walk.observe(day) { _ in 0 }
    #expect(walk.forecaster.missingCount == day)
    #expect(try #require(walk.forecaster.forecast()).loads[0] > 50)
    walk.observe(1) { _ in 0 }
    #expect(walk.forecaster.missingCount == day)
    #expect(walk.forecaster.gap == 0)
    walk.observe(day) { _ in 0 }
    #expect(try #require(walk.forecaster.forecast()).loads[0] < 10)
  }

  @Test func `With outages to be learnt, a sudden zero is data`() throws {
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10, ignoresOutages: false)
    walk.observe(3 * walk.day) { _ in 100 }
    walk.observe(12) { _ in 0 }
    #expect(walk.forecaster.missingCount == 0)
  }

  @Test func `A service that closes every evening is learnt within two days`() throws {
    var generator = SeededGenerator(seed: 7)
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    let day = walk.day
    // Always open for a week; then it closes from 20:00 to midnight.
    walk.observe(12 * day) { bucket in
      let index = bucket - 1_767_571_200 / 300
      return index >= 7 * day && modulo(index, day) >= day * 5 / 6
        ? 0 : daily(bucket, day: day, &generator)
    }
    for date in 9..<12 {
      for index in date * day + day * 5 / 6 + 12..<(date + 1) * day {
        #expect(try #require(walk.forecast(for: index, horizon: 5)) < 20, "day \(date)")
      }
    }
  }

  @Test func `An hour of ten times the load is not expected again the next day`() throws {
    var generator = SeededGenerator(seed: 8)
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    let day = walk.day
    let spike = 14 * day + day / 2
    walk.observe(17 * day) { bucket in
      let index = bucket - 1_767_571_200 / 300
      let load = daily(bucket, day: day, &generator)
      return (spike..<spike + 12).contains(index) ? 10 * load : load
    }
    for horizon in 0..<walk.horizons {
      var forecast = 0.0
      var real = 0.0
      for index in spike + day - 6..<spike + day + 18 {
        forecast += try #require(walk.forecast(for: index, horizon: horizon))
        real += try #require(walk.values[index])
      }
      #expect(forecast / real <= 1.7, "horizon \(horizon): \(forecast / real)")
    }
  }

  @Test func `A load that doubles is followed`() throws {
    var generator = SeededGenerator(seed: 9)
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    let day = walk.day
    walk.observe(18 * day) { bucket in
      let load = daily(bucket, day: day, &generator)
      return bucket - 1_767_571_200 / 300 >= 14 * day ? 2 * load : load
    }
    #expect(walk.kept(15 * day..<18 * day, horizon: 5) >= 0.86)
    for index in 16 * day..<18 * day {
      let median = try #require(walk.forecasts[index - 5]).medians[5]
      let real = 2 * (200 - 100 * cos(2 * Double.pi * Double(index % day) / Double(day)))
      #expect(abs(median / real - 1) <= 0.1, "\(index): \(median), \(real)")
    }
  }

  @Test func `A load that grows by 5 percent a day is kept`() throws {
    var generator = SeededGenerator(seed: 10)
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10, quantile: 0.95)
    let day = walk.day
    walk.observe(28 * day) { bucket in
      let days = Double(bucket - 1_767_571_200 / 300) / Double(day)
      return daily(bucket, day: day, &generator) * pow(1.05, days)
    }
    for horizon in 0..<walk.horizons {
      #expect((0.93...0.97).contains(walk.kept(7 * day..<28 * day, horizon: horizon)))
    }
  }
}
