internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// How a forecast becomes replicas: Kedastral's capacity planner.
struct ForecastPlanTests {
  private static let start = Instant(milliseconds: 1_795_000_000_000)

  /// What a policy asks for in each of the steps, one after the other.
  private func asked(
    _ plan: ForecastPlan, replicas: [Int], loads: [Double] = []
  ) -> [Int?] {
    var series = ForecastSeries(
      generatedAt: Self.start, step: .seconds(60), replicas: replicas)
    series.loads = loads
    var signal = ForecastSignal(source: "default", workload: "w", maxAge: .seconds(86_400))
    signal.plan = plan
    let policy = Policy(
      name: ResourceName(name: "p"), leadTime: .zero,
      signals: [Signal(name: "predicted", kind: .forecast(signal))])
    return replicas.indices.map { index in
      let now = Self.start + .seconds(index * 60)
      return Evaluator.decide(
        policy, readings: [.forecast(Reading(value: .forecast(series), obtainedAt: now))],
        memory: Decision.Memory(), at: now
      ).replicas
    }
  }

  private func plan(
    threshold: Double? = nil, headroom: Double = 1, up: Double? = nil, down: Double? = nil
  ) -> ForecastPlan {
    var plan = ForecastPlan()
    plan.threshold = threshold
    plan.headroom = headroom
    plan.upMaxFactorPerStep = up
    plan.downMaxPercentPerStep = down
    return plan
  }

  @Test func `With a threshold the loads count, and not the replicas`() {
    #expect(
      asked(plan(threshold: 100), replicas: [9, 9, 9, 9], loads: [100, 100.5, 950, 10])
        == [1, 2, 10, 0])
  }

  @Test func `Headroom is put on the load, or on the replicas where no load is known`() {
    #expect(
      asked(plan(threshold: 100, headroom: 1.2), replicas: [0, 0], loads: [150, 500]) == [2, 6])
    #expect(asked(plan(headroom: 1.2), replicas: [10, 11, 0]) == [12, 14, 0])
    // 1.1 times 10 is a little more than 11 in doubles.
    #expect(asked(plan(headroom: 1.1), replicas: [10]) == [11])
  }

  @Test func `Falling is slowed down to what is left, rounded up`() {
    #expect(asked(plan(down: 50), replicas: [100, 0, 0, 0, 0, 0]) == [100, 50, 25, 13, 7, 4])
    #expect(asked(plan(down: 10), replicas: [100, 95, 40]) == [100, 95, 86])
    #expect(asked(plan(down: 100), replicas: [100, 0]) == [100, 0])
  }

  @Test func `Rising is slowed down to a multiple, and can leave zero`() {
    #expect(asked(plan(up: 2), replicas: [3, 100, 100, 7]) == [3, 6, 12, 7])
    #expect(asked(plan(up: 1.5), replicas: [0, 9, 9, 9]) == [0, 2, 3, 5])
  }

  @Test func `Both are counted from the step before as it was planned`() {
    #expect(
      asked(plan(headroom: 2, up: 2, down: 50), replicas: [1, 50, 0, 0]) == [2, 4, 2, 1])
  }

  @Test func `No number is beyond what Kubernetes counts`() {
    let most = Int(Int32.max)
    #expect(asked(plan(headroom: 10, up: 1000), replicas: [most, most]) == [most, most])
    #expect(
      asked(plan(threshold: 1e-9, headroom: 10), replicas: [0], loads: [1e300]) == [most])
  }

  @Test func `A built-in forecast has its headroom before it is rounded`() {
    var model = BuiltInForecast(
      source: "main", query: "x", threshold: 100, activationThreshold: 30, step: .seconds(60),
      leadTime: .seconds(60))
    #expect([10, 29, 90, 100, 130].map(model.replicas) == [0, 0, 1, 1, 2])
    model.headroom = 1.5
    #expect([10, 29, 90, 100, 140].map(model.replicas) == [0, 0, 2, 2, 3])
  }
}
