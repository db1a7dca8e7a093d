internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// Which steps of a forecast a lead window sees.
struct ForecastWindowTests {
  private static let start = Instant(milliseconds: 1_795_000_000_000)

  private func decide(
    _ series: ForecastSeries, leadTime: Duration, at now: Instant, maxAge: Duration? = nil
  ) -> Decision {
    let signal = ForecastSignal(source: "default", workload: "w", maxAge: maxAge)
    let policy = Policy(
      name: ResourceName(name: "p"), leadTime: leadTime,
      signals: [Signal(name: "predicted", kind: .forecast(signal))])
    return Evaluator.decide(
      policy, readings: [.forecast(Reading(value: .forecast(series), obtainedAt: now))],
      memory: Decision.Memory(), at: now)
  }

  @Test("Random snapshots, ages, steps and lead times: every second of the window counts")
  func randomWindows() {
    var random = SeededGenerator(seed: 42)
    for round in 0..<4000 {
      let step = random.seconds(1...120)
      let count = Int.random(in: 1...40, using: &random)
      let replicas = (0..<count).map { _ in Int.random(in: 0...30, using: &random) }
      let now = Self.start + .milliseconds(random.seconds(-600...6000))
      let leadTime = random.seconds(0...1800)
      let series = ForecastSeries(
        generatedAt: Self.start, step: .milliseconds(step), replicas: replicas)
      let decision = decide(
        series, leadTime: .milliseconds(leadTime), at: now, maxAge: .seconds(1_000_000))

      var best: (replicas: Int, at: Int64)?
      let end = now.milliseconds + max(leadTime, 1)
      for instant in stride(from: now.milliseconds, to: end, by: 1000) {
        let elapsed = instant - Self.start.milliseconds
        guard elapsed >= 0, elapsed / step < count else { continue }
        let demand = replicas[Int(elapsed / step)]
        if demand > best?.replicas ?? -1 { best = (demand, instant) }
      }
      #expect(decision.replicas == best?.replicas, "round \(round)")
      #expect(decision.contributions[0].peak?.milliseconds == best?.at, "round \(round)")
    }
  }

  @Test(
    "A window takes the steps that it overlaps, counted from now",
    arguments: [
      // Age in seconds, lead time in seconds, the highest index.
      (0, 300, 4), (0, 301, 5), (0, 60, 0), (0, 0, 0), (30, 300, 5), (59, 1, 0), (59, 2, 1),
      (60, 300, 5), (120, 300, 6), (540, 300, 9), (599, 0, 9),
    ])
  func indices(age: Int, leadTime: Int, highest: Int) {
    let series = ForecastSeries(
      generatedAt: Self.start, step: .seconds(60), replicas: Array(0..<10))
    let decision = decide(
      series, leadTime: .seconds(leadTime), at: Self.start + .seconds(age), maxAge: .seconds(9999))
    #expect(decision.replicas == highest)
  }

  @Test func `A step that ends now is over, and one that begins at the window's end is not seen`() {
    let series = ForecastSeries(
      generatedAt: Self.start, step: .seconds(60), replicas: [9, 1, 8])
    #expect(decide(series, leadTime: .seconds(60), at: Self.start + .seconds(60)).replicas == 1)
  }

  @Test func `A window past the end of the series leaves the signal unavailable`() {
    let series = ForecastSeries(generatedAt: Self.start, step: .seconds(60), replicas: [3, 3])
    let decision = decide(
      series, leadTime: .seconds(600), at: Self.start + .seconds(120), maxAge: .seconds(9999))
    #expect(decision.replicas == nil)
    #expect(
      decision.contributions[0].problem
        == "the snapshot ends at \((Self.start + .seconds(120)).rfc3339)")
    #expect(decision.validUntil == .distantFuture || decision.validUntil > Self.start)
  }

  @Test func `A snapshot from the future has the age 0 and counts where the window reaches it`() {
    let series = ForecastSeries(generatedAt: Self.start, step: .seconds(60), replicas: [3, 7])
    let early = decide(series, leadTime: .seconds(60), at: Self.start - .seconds(60))
    #expect(early.replicas == nil)
    #expect(early.validUntil == Self.start - .seconds(60) + .milliseconds(1))
    let reached = decide(series, leadTime: .seconds(90), at: Self.start - .seconds(60))
    #expect(reached.replicas == 3)
    #expect(reached.contributions[0].state == .fresh)
    #expect(reached.contributions[0].peak == Self.start)
  }

  @Test func `What was read is held at once where the forecaster answers what no window reaches`()
    throws
  {
    var setting = try Setting(leadTime: .zero, [.predicted([3, 9])])
    guard case .forecast(var reading?) = setting.readings[0] else {
      Issue.record("no reading")
      return
    }
    reading.failure = Reading.Failure(since: base, message: "the snapshot ends", kind: .outside)
    setting.readings[0] = .forecast(reading)
    let decision = setting.decide()
    #expect(decision.replicas == 3)
    #expect(decision.contributions[0].state == .held)
    #expect(decision.contributions[0].problem == "the snapshot ends")
  }

  @Test(
    "Fresh until twice the lead time, then held",
    arguments: [
      (0, Contribution.State.fresh), (599, .fresh), (600, .held), (899, .held), (3599, .held),
    ])
  func ageing(age: Int, state: Contribution.State) {
    let series = ForecastSeries(
      generatedAt: Self.start, step: .seconds(60), replicas: Array(repeating: 5, count: 60))
    let decision = decide(series, leadTime: .seconds(300), at: Self.start + .seconds(age))
    #expect(decision.contributions[0].state == state)
    #expect(decision.replicas == 5)
  }

  @Test func `Without a lead time a snapshot is fresh for twice the default one`() {
    let series = ForecastSeries(
      generatedAt: Self.start, step: .seconds(3600), replicas: [5])
    let states = [599, 600].map { age in
      decide(series, leadTime: .zero, at: Self.start + .seconds(age)).contributions[0].state
    }
    #expect(states == [.fresh, .held])
  }

  @Test(
    "Absurd numbers neither trap nor answer",
    arguments: [
      ForecastSeries(generatedAt: .distantPast, step: .seconds(1), replicas: [1]),
      ForecastSeries(generatedAt: .distantFuture, step: .seconds(1), replicas: [1]),
      ForecastSeries(generatedAt: start, step: .zero, replicas: [1]),
      ForecastSeries(generatedAt: start, step: .seconds(1), replicas: []),
      ForecastSeries(generatedAt: start, step: .seconds(-60), replicas: [1, 2]),
    ])
  func absurd(series: ForecastSeries) {
    for now in [Instant.distantPast, Self.start + .seconds(30), .distantFuture] {
      for leadTime in [Duration.zero, .seconds(60), .milliseconds(Int64.max)] {
        _ = decide(series, leadTime: leadTime, at: now)
      }
    }
    #expect(decide(series, leadTime: .seconds(60), at: Self.start + .seconds(30)).replicas == nil)
  }

  @Test func `A step of ages holds for ages`() {
    let series = ForecastSeries(
      generatedAt: Self.start, step: .milliseconds(Int64.max), replicas: [4, 5])
    #expect(decide(series, leadTime: .seconds(60), at: Self.start).replicas == 4)
  }
}
