internal import TestKit
internal import Testing

@testable internal import Forecasting

struct LoadForecasterTests {
  @Test(arguments: [
    (60, 60), (120, 60), (240, 120), (300, 120), (600, 300), (1200, 600), (1800, 900),
    (14_400, 900), (21_600, 900), (28_800, 1800), (43_200, 1800), (86_400, 3600),
  ])
  func `The step follows from the lead time`(leadTime: Int, step: Int) {
    #expect(ForecastParameters.defaultStep(leadTime: .seconds(leadTime)) == .seconds(step))
  }

  @Test func `Nothing but the parameters of the specification is accepted`() throws {
    func parameters(
      step: Int? = nil, leadTime: Int = 600, threshold: Double = 10, quantile: Double = 0.9
    ) -> ForecastParameters? {
      ForecastParameters(
        step: step.map { .seconds($0) }, leadTime: .seconds(leadTime), threshold: threshold,
        quantile: quantile)
    }
    let usual = try #require(parameters())
    #expect(usual.step == .seconds(300))
    // Two steps of lead time, and three more.
    #expect(usual.horizons == 5)
    #expect(parameters(leadTime: 601)?.horizons == 6)
    #expect(parameters(quantile: 0.5) != nil && parameters(quantile: 0.99) != nil)
    #expect(parameters(step: 60, leadTime: 24 * 60)?.horizons == 27)
    #expect(parameters(step: 60, leadTime: 24 * 60 + 1) == nil)
    #expect(parameters(step: 240) == nil && parameters(step: 7200) == nil)
    #expect(parameters(leadTime: 0) == nil && parameters(leadTime: 86_401) == nil)
    for threshold in [0, -1, .nan, .infinity] as [Double] {
      #expect(parameters(threshold: threshold) == nil)
    }
    for quantile in [0.499, 0.991, .nan] as [Double] {
      #expect(parameters(quantile: quantile) == nil)
    }
  }

  @Test func `What was learnt is told in stages`() throws {
    var walk = try Walker(step: 3600, leadTime: 3600, threshold: 10)
    #expect(walk.forecaster.stage == .silent(needed: 12))
    walk.observe(11) { _ in 100 }
    #expect(walk.forecaster.stage == .silent(needed: 1))
    walk.observe(1) { _ in nil }
    #expect(walk.forecaster.stage == .silent(needed: 1))
    walk.observe(1) { _ in 100 }
    #expect(walk.forecaster.stage == .hours(13))
    walk.observe(11) { _ in 100 }
    #expect(walk.forecaster.stage == .days(1))
    walk.observe(7 * 24 - 1) { _ in 100 }
    #expect(walk.forecaster.stage == .days(7))
    walk.observe(1) { _ in 100 }
    #expect(walk.forecaster.stage == .settled)
    #expect(walk.forecaster.history == .seconds(8 * 86_400))
  }

  @Test func `Its account of itself is right`() throws {
    var generator = SeededGenerator(seed: 19)
    var walk = try Walker(step: 300, leadTime: 1800, threshold: 10)
    #expect(walk.forecaster.kept == nil && walk.forecaster.skill == nil)
    #expect(walk.forecaster.lastHourAboveUsual == nil)
    #expect(walk.forecaster.usualLoad(at: walk.forecaster.nextBucket) == nil)
    let day = walk.day
    // Each day has a level of its own, which its last hours tell.
    var level = 1.0
    func load(_ bucket: Int) -> Double {
      if modulo(bucket, day) == 0 { level = 0.8 + 0.4 * generator.uniform() }
      return ((8 * 12..<20 * 12).contains(modulo(bucket, day)) ? 400 : 100)
        * level * (1 + 0.03 * generator.normal())
    }
    walk.observe(14 * day, load)
    #expect(abs(try #require(walk.forecaster.kept) - 0.9) < 0.03)
    let skill = try #require(walk.forecaster.skill)
    #expect((0.0...1).contains(skill.value) && skill.guess != .regression)
    #expect(walk.forecaster.charge == .regression && walk.forecaster.addition == nil)
    // It is midnight; noon is known, too.
    let next = walk.forecaster.nextBucket
    #expect(abs(try #require(walk.forecaster.usualLoad(at: next)) - 100) < 15)
    #expect(abs(try #require(walk.forecaster.usualLoad(at: next + day / 2)) - 400) < 60)
    let above = try #require(walk.forecaster.lastHourAboveUsual)
    #expect(abs(above - (level - 1)) < 0.15)
    walk.observe(12) { _ in 150 * level }
    // What is usual has moved a little, too.
    #expect((above + 0.2...above + 0.6).contains(try #require(walk.forecaster.lastHourAboveUsual)))
  }

  @Test func `A simple guess that is better takes over, with its addition`() throws {
    // A random walk: nothing is better than the last value.
    var generator = SeededGenerator(seed: 20)
    var parameters = try ForecastParameters.reference(
      step: 900, leadTime: 3600, threshold: 10, quantile: 0.9)
    parameters.auditMargin = 0.7
    var forecaster = LoadForecaster(parameters, clock: LocalClock(), firstBucket: 1_990_000)
    var load = 500.0
    for _ in 0..<14 * 96 {
      load = max(load + 10 * generator.normal(), 100)
      forecaster.observe(load)
    }
    #expect(forecaster.charge == .lastValue)
    let addition = try #require(forecaster.addition)
    let forecast = try #require(forecaster.forecast())
    #expect(forecast.charge == .lastValue)
    #expect(abs(forecast.loads[0] - ((load + 10) * (1 + addition) - 10)) < 0.01 * load)
    #expect(addition > 0 && addition < 0.1)
  }
}
