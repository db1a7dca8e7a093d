internal import Scaling
internal import Testing

/// A policy polled every five seconds for an hour, while its sources fail and recover at random.
struct SignalLossTests {
  @Test(
    "A lost signal never lowers the answer within hold, and never gives zero", arguments: 0..<24)
  func randomLoss(seed: UInt64) {
    var world = World(seed: seed)
    var memory = Decision.Memory()
    var incompletePolls = 0
    for _ in 0..<720 {
      world.advance()
      let decision = Evaluator.decide(
        world.policy, readings: world.readings, memory: memory, at: world.now)
      if let since = decision.memory.incompleteSince {
        incompletePolls += 1
        #expect(decision.replicas != 0)
        if world.now < since + world.policy.hold, let last = memory.lastCompleteReplicas,
          let replicas = decision.replicas
        {
          #expect(replicas >= last, "seed \(seed) at \(world.now.rfc3339)")
        }
        // Missing data takes part in nothing: what is there decides, or the floor does.
        #expect(decision.memory.lastCompleteReplicas == memory.lastCompleteReplicas)
      }
      memory = decision.memory
    }
    #expect(incompletePolls > 20)
  }

  @Test("For hold after a failure nothing changes but the state", arguments: 0..<24)
  func heldIsAsGoodAsFresh(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let values = (0..<3).map { _ in Double(Int.random(in: 0...2000, using: &random)) }
    guard var setting = try? Setting(values.enumerated().map { .live($1, name: "live\($0)") })
    else {
      Issue.record("the setting is wrong")
      return
    }
    let before = setting.decide()
    for index in values.indices where random.chance(60) {
      setting.fail(index, since: "2026-11-20T08:00:05Z", "connection refused")
    }
    setting.memory = before.memory
    // 5 s before the failure, hold of the reading (5 min), hold of the decision (5 min).
    for second in stride(from: 5, to: 605, by: 5) {
      let decision = setting.decide(at: base + .seconds(second))
      if let replicas = decision.replicas {
        #expect(replicas == before.replicas, "seed \(seed), second \(second)")
      } else {
        #expect(second >= 305)
      }
      setting.memory = decision.memory
    }
  }
}

/// Three signals with sources that come and go.
private struct World {
  private(set) var now = base
  private(set) var policy: Policy
  private(set) var readings: [SignalReading]
  private var random: SeededGenerator
  private var forecastFails = false
  private var queryFails = false
  private var load = 300.0

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    policy = Policy(
      name: ResourceName(name: "p"), leadTime: .seconds(120), hold: .seconds(60),
      signals: [
        Signal(
          name: "predicted",
          kind: .forecast(ForecastSignal(source: "default", workload: "w"))),
        Signal(
          name: "live",
          kind: .prometheus(PrometheusSignal(source: "main", query: "q", threshold: 100))),
        Signal(name: "calendar", kind: .schedule(Schedule())),
      ])
    let idle = ScheduleTimeline.Step(start: base, replicas: 0, rule: nil, cap: nil, capRule: nil)
    readings = [
      .forecast(nil), .prometheus(nil, uptime: nil),
      .schedule(
        ScheduleTimeline(from: base, to: base + .seconds(10_000), steps: [idle])),
    ]
  }

  /// Five seconds pass: the load drifts, and both sources are fetched or fail.
  mutating func advance() {
    now = now + .seconds(5)
    load = max(0, load + Double.random(in: -80...80, using: &random))
    if random.chance(3) { forecastFails.toggle() }
    if random.chance(3) { queryFails.toggle() }
    if case .forecast(let last) = readings[0] {
      readings[0] = .forecast(forecast(after: last))
    }
    if case .prometheus(let last, _) = readings[1] {
      readings[1] = .prometheus(
        queryFails ? failed(last) : Reading(value: .sample(load), obtainedAt: now), uptime: nil)
    }
  }

  private mutating func forecast(after last: Reading?) -> Reading {
    guard !forecastFails else { return failed(last) }
    let replicas = (0..<5).map { _ in Int.random(in: 0...6, using: &random) }
    return Reading(
      value: .forecast(ForecastSeries(generatedAt: now, step: .seconds(60), replicas: replicas)),
      obtainedAt: now)
  }

  private func failed(_ last: Reading?) -> Reading {
    var reading = last ?? Reading()
    if reading.failure == nil {
      reading.failure = Reading.Failure(since: now, message: "connection refused")
    }
    return reading
  }
}
