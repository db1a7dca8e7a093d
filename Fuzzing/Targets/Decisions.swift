internal import Scaling
internal import Time

extension FuzzTarget {
  /// Policies and readings with numbers and times from one end of their range to the other: the
  /// evaluator neither traps nor contradicts itself, and missing data never scales down.
  static let decisions = FuzzTarget("decisions", maxLength: 256) { bytes throws(Broken) in
    var input = FuzzInput(bytes)
    var situation = Situation(&input)
    let decision = situation.decide()
    let now = situation.now
    try require(decision.validUntil > now, "a decision is over before it is made")
    try requireSentence(decision.explanation(at: now), limit: 4000)
    if let replicas = decision.replicas {
      try require(replicas >= situation.policy.limits.minReplicas, "\(replicas) are too few")
      try require(
        replicas <= situation.policy.limits.maxReplicas ?? .max, "\(replicas) are too many")
    }

    // Without the readings of one signal.
    situation.memory = decision.memory
    situation.policy.hold = .forever
    let isComplete = decision.contributions.allSatisfy { $0.state == .fresh || $0.state == .held }
    guard isComplete, let before = decision.replicas else { return }
    for index in situation.policy.signals.indices {
      guard let less = situation.losing(index).decide().replicas else { continue }
      try require(less >= before, "without signal \(index) \(before) replicas fell to \(less)")
    }
  }
}

/// A policy with readings, at one moment.
private struct Situation {
  var policy: Policy
  var readings: [SignalReading] = []
  var memory: Decision.Memory
  let now: Instant

  init(_ input: inout FuzzInput) {
    now = Instant(milliseconds: Self.milliseconds(&input))
    let minReplicas = Self.count(&input)
    policy = Policy(
      name: ResourceName(name: "fuzzed"), leadTime: Self.span(&input),
      hold: input.take([false, true]) ? .forever : .upTo(Self.span(&input)),
      limits: ReplicaLimits(
        minReplicas: minReplicas,
        maxReplicas: input.take([false, true]) ? max(minReplicas, Self.count(&input)) : nil),
      signals: [])
    memory = Decision.Memory(floor: input.take([false, true]) ? Self.count(&input) : nil)
    for index in 0..<(1 + Int(input.takeByte() % 3)) { addSignal(index, &input) }
  }

  func decide() -> Decision {
    Evaluator.decide(policy, readings: readings, memory: memory, at: now)
  }

  /// The same without what is known of one signal. A schedule is never lost.
  func losing(_ index: Int) -> Situation {
    var situation = self
    switch readings[index] {
    case .schedule, .unreadable: break
    case .forecast: situation.readings[index] = .forecast(nil)
    case .prometheus: situation.readings[index] = .prometheus(nil, uptime: nil)
    }
    return situation
  }

  private mutating func addSignal(_ index: Int, _ input: inout FuzzInput) {
    var signal: Signal
    switch input.takeByte() % 3 {
    case 0:
      let rule = ScheduleRule(
        name: "rule", replicas: Self.count(&input),
        increase: RelativeReplicas(
          thousandths: 1000 + Int(input.takeByte()) * 388, isPercentage: true))
      signal = Signal(name: "signal\(index)", kind: .schedule(Schedule(rules: [rule])))
      readings.append(.schedule(timeline(rule, &input)))
    case 1:
      signal = Signal(
        name: "signal\(index)",
        kind: .forecast(
          ForecastSignal(
            source: "main", workload: "w",
            maxAge: input.take([false, true]) ? Self.span(&input) : nil)))
      let series = ForecastSeries(
        generatedAt: Instant(milliseconds: Self.milliseconds(&input)),
        step: max(Self.span(&input), .milliseconds(1)),
        replicas: (0...Int(input.takeByte() % 8)).map { _ in Self.count(&input) })
      readings.append(.forecast(reading(.forecast(series), &input)))
    default:
      signal = Signal(
        name: "signal\(index)",
        kind: .prometheus(
          PrometheusSignal(
            source: "main", query: "q", threshold: Self.positive(&input),
            activationThreshold: input.take([0, 0, 10]))))
      let value = Self.positive(&input) * input.take([1, 0, -1])
      readings.append(
        .prometheus(reading(.sample(value.isFinite ? value : 0), &input), uptime: nil))
    }
    if input.take([false, false, true]) { signal.leadTime = Self.span(&input) }
    signal.required = input.take([false, false, false, true])
    policy.signals.append(signal)
  }

  private func timeline(_ rule: ScheduleRule, _ input: inout FuzzInput) -> ScheduleTimeline {
    let to = now.advanced(by: .seconds(Int64(Int32.max)))
    let change = now.advanced(by: Self.span(&input))
    let ends = ScheduleTimeline.Step(start: now, replicas: 0, rule: nil, cap: nil, capRule: nil)
    var steps = [ends]
    if change > now, change < to {
      steps.append(
        ScheduleTimeline.Step(
          start: change, replicas: rule.replicas ?? 0, rule: 0, cap: nil, capRule: nil,
          increase: rule.increase.map { .init(by: $0, rule: 0) }))
    }
    return ScheduleTimeline(from: now, to: to, steps: steps)
  }

  private func reading(_ value: Reading.Value, _ input: inout FuzzInput) -> Reading {
    Reading(
      value: value, obtainedAt: now,
      staleSince: input.take([false, false, true])
        ? Instant(milliseconds: Self.milliseconds(&input)) : nil,
      failure: input.take([false, false, true])
        ? Reading.Failure(
          since: Instant(milliseconds: Self.milliseconds(&input)), message: "HTTP 500") : nil)
  }

  // MARK: Numbers

  /// Small ones, those of Kubernetes at the most, and some between.
  private static func count(_ input: inout FuzzInput) -> Int {
    switch input.takeByte() % 4 {
    case 0: Int(input.takeByte())
    case 1: Int(input.takeInteger() % UInt64(Int32.max))
    case 2: Int(Int32.max)
    default: 0
    }
  }

  /// The years 1 to 9999, which is all that timestamps can say.
  private static let earliest: Int64 = -62_135_596_800_000
  private static let latest: Int64 = 253_402_300_799_999

  private static func milliseconds(_ input: inout FuzzInput) -> Int64 {
    switch input.takeByte() % 4 {
    case 0: earliest + Int64(input.takeInteger() % UInt64(latest - earliest))
    case 1: 1_795_161_600_000 + Int64(input.takeByte()) * 60_000
    case 2: input.take([earliest, latest])
    default: 1_795_161_600_000
    }
  }

  private static func span(_ input: inout FuzzInput) -> Duration {
    switch input.takeByte() % 4 {
    case 0: .seconds(Int64(input.takeByte()) * 60)
    case 1: .milliseconds(Int64(input.takeInteger() % UInt64(7 * 86_400_000)))
    case 2: .zero
    default: .seconds(7 * 86_400)
    }
  }

  private static func positive(_ input: inout FuzzInput) -> Double {
    switch input.takeByte() % 4 {
    case 0: .leastNonzeroMagnitude
    case 1: .greatestFiniteMagnitude
    case 2: Double(input.takeInteger()) + 1
    default: Double(input.takeByte()) / 16 + 1
    }
  }
}
