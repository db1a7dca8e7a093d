internal import Scaling
internal import TestKit
internal import Time

/// A random policy with readings, all on whole seconds, so that looking at every second of a
/// window sees every change.
struct RandomCase {
  var policy: Policy
  var readings: [SignalReading]
  var memory: Decision.Memory
  var now: Instant

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    now = Instant(milliseconds: 1_795_000_000_000 + random.seconds(0...10_000))
    let minReplicas = random.chance(70) ? 0 : Int.random(in: 0...4, using: &random)
    policy = Policy(
      name: ResourceName(name: "random"),
      leadTime: .milliseconds(random.chance(10) ? 0 : random.seconds(1...300)),
      hold: random.chance(30) ? .forever : .upTo(.milliseconds(random.seconds(0...200))),
      limits: ReplicaLimits(
        minReplicas: minReplicas,
        maxReplicas: random.chance(50)
          ? nil : minReplicas + Int.random(in: 0...6, using: &random)),
      signals: [])
    readings = []
    memory = Decision.Memory(
      floor: random.chance(80) ? nil : Int.random(in: 0...12, using: &random))
    for index in 0..<Int.random(in: 1...4, using: &random) {
      addSignal(index, using: &random)
    }
  }

  private mutating func addSignal(_ index: Int, using random: inout SeededGenerator) {
    var signal: Signal
    switch Int.random(in: 0..<3, using: &random) {
    case 0:
      let (schedule, timeline) = Self.schedule(around: now, using: &random)
      signal = Signal(name: "signal\(index)", kind: .schedule(schedule))
      readings.append(.schedule(timeline))
    case 1:
      signal = Signal(
        name: "signal\(index)",
        kind: .forecast(
          ForecastSignal(
            source: "default", workload: "w",
            maxAge: random.chance(40) ? nil : .milliseconds(random.seconds(1...400)))))
      readings.append(.forecast(forecast(using: &random)))
    default:
      signal = Signal(
        name: "signal\(index)",
        kind: .prometheus(
          PrometheusSignal(
            source: "default", query: "q", threshold: 10,
            activationThreshold: random.chance(70) ? 0 : 25,
            uptimeFilter: random.chance(40) ? "job=\"w\"" : nil)))
      readings.append(
        .prometheus(
          sample(of: [0, 4, 10, 55, 120], using: &random),
          uptime: sample(of: [0, 1, 1, 1], using: &random)))
    }
    if random.chance(30) {
      signal.leadTime = .milliseconds(random.seconds(0...400))
    }
    signal.required = random.chance(30)
    if random.chance(20) { signal.hold = .upTo(.milliseconds(random.seconds(0...200))) }
    policy.signals.append(signal)
    memory.signals.append(memory(using: &random))
  }

  /// What the signal last asked; now and then a forecast's series.
  private func memory(using random: inout SeededGenerator) -> SignalMemory? {
    guard random.chance(60) else { return nil }
    return SignalMemory(
      replicas: Int.random(in: 0...12, using: &random),
      series: random.chance(70) ? nil : series(using: &random),
      readAt: now - .milliseconds(random.seconds(0...300)),
      lostSince: random.chance(50) ? nil : now - .milliseconds(random.seconds(-20...300)))
  }

  private func series(using random: inout SeededGenerator) -> ForecastSeries {
    let count = Int.random(in: 1...12, using: &random)
    return ForecastSeries(
      generatedAt: now - .milliseconds(random.seconds(-300...500)),
      step: .milliseconds(random.seconds(1...90)),
      replicas: (0..<count).map { _ in Int.random(in: 0...9, using: &random) })
  }

  private static func schedule(
    around now: Instant, using random: inout SeededGenerator
  ) -> (Schedule, ScheduleTimeline) {
    var rules: [ScheduleRule] = []
    for index in 0..<4 {
      rules.append(
        ScheduleRule(
          name: "rule\(index)", replicas: index * 3,
          atMost: random.chance(60) ? nil : Int.random(in: 0...8, using: &random),
          increase: random.chance(60)
            ? nil
            : RelativeReplicas(
              thousandths: Int.random(in: 1001...2600, using: &random), isPercentage: true)))
    }
    let from = now - .seconds(500)
    var steps: [ScheduleTimeline.Step] = []
    var start = from
    while start < now + .seconds(2000) {
      let rule = random.chance(50) ? nil : Int.random(in: 0..<4, using: &random)
      let capRule = rules.indices.filter { rules[$0].atMost != nil && random.chance(50) }.first
      steps.append(
        ScheduleTimeline.Step(
          start: start, replicas: rule.flatMap { rules[$0].replicas } ?? 1, rule: rule,
          cap: capRule.flatMap { rules[$0].atMost }, capRule: capRule,
          increase: rules.indices.filter { rules[$0].increase != nil && random.chance(30) }.first
            .flatMap { rule in rules[rule].increase.map { .init(by: $0, rule: rule) } }))
      start = start + .milliseconds(random.seconds(1...250))
    }
    return (
      Schedule(defaultReplicas: 1, rules: rules),
      ScheduleTimeline(from: from, to: now + .seconds(3000), steps: steps)
    )
  }

  private func forecast(using random: inout SeededGenerator) -> Reading? {
    guard random.chance(95) else { return nil }
    return Reading(
      value: .forecast(series(using: &random)), obtainedAt: now,
      staleSince: random.chance(80) ? nil : now - .milliseconds(random.seconds(-100...300)),
      failure: failure(using: &random))
  }

  private func sample(of values: [Double], using random: inout SeededGenerator) -> Reading? {
    guard random.chance(90) else { return nil }
    return Reading(
      value: random.chance(5) ? nil : .sample(random.pick(values)), obtainedAt: now,
      failure: failure(using: &random))
  }

  private func failure(using random: inout SeededGenerator) -> Reading.Failure? {
    guard random.chance(30) else { return nil }
    let kinds: [Reading.Failure.Kind] = [
      .lost, .lost, .outside, .silent, .partial(nil), .partial(77),
    ]
    return Reading.Failure(
      since: now - .milliseconds(random.seconds(0...250)), message: "HTTP 500",
      kind: random.pick(kinds))
  }
}

extension SeededGenerator {
  /// Milliseconds that are whole seconds.
  mutating func seconds(_ range: ClosedRange<Int64>) -> Int64 {
    Int64.random(in: range, using: &self) * 1000
  }
}
