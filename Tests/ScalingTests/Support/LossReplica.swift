internal import Scaling
internal import TestKit
internal import Time

/// One replica of Headstart in a `LossWorld`.
struct LossReplica {
  var memory: Decision.Memory
  /// One for each signal.
  var reads: [LossRead]
  /// The last one; nil before the first.
  var decision: Decision?
  /// What each signal asked for at the last decision, by its name.
  var asked: [String: Int] = [:]
  /// The answer before an edit that renamed a signal, until every signal is known again.
  var floor: Int?

  init(count: Int, memory: Decision.Memory = Decision.Memory()) {
    self.memory = memory
    reads = Array(repeating: LossRead(), count: count)
  }
}

/// What is true of one signal.
struct LossTruth {
  enum Role: CaseIterable {
    case forecast, query, checked, schedule

    var signal: Signal {
      switch self {
      case .forecast:
        Signal(name: "predicted", kind: .forecast(ForecastSignal(source: "default", workload: "w")))
      case .query:
        Signal(
          name: "live",
          kind: .prometheus(PrometheusSignal(source: "main", query: "q", threshold: 100)))
      case .checked:
        Signal(
          name: "checked",
          kind: .prometheus(
            PrometheusSignal(source: "main", query: "q", threshold: 100, evidence: "count(up)")))
      case .schedule:
        Signal(
          name: "calendar", kind: .schedule(Schedule(rules: [ScheduleRule(name: "relative")])))
      }
    }
  }

  let role: Role
  private(set) var load = 300.0
  private(set) var targets = 100.0
  private var changedAt = base

  init(_ role: Role) {
    self.role = role
  }

  mutating func drift(using random: inout SeededGenerator) {
    load = max(0, load + Double.random(in: -80...80, using: &random))
  }

  /// Targets vanish for less than evidence takes to settle, and for long enough to be seen in it, as
  /// those that miss a scrape are; the same holds for the time between.
  mutating func changeTargets(at now: Instant, using random: inout SeededGenerator) {
    let span = changedAt.duration(to: now)
    if targets == 100 {
      guard span > .seconds(90), random.chance(3) else { return }
      targets = 40
    } else {
      guard span >= .seconds(240) || span >= .seconds(20) && random.chance(5) else { return }
      targets = 100
    }
    changedAt = now
  }
}

/// What one replica reads of one signal.
struct LossRead {
  enum State { case healthy, failing, partial, silent, useless }
  var state = State.healthy
  private var evidenceFails = false
  private var evidenceWasSkipped = false
  private(set) var reading = Reading()
  private(set) var evidence = Reading()
  /// Whether it was read just now, and whole by its own words.
  private(set) var isRead = false
  /// Whether all targets were there when it was read last.
  private(set) var isOfAllTargets = false
  /// When its source last said what the demand is, or that it is higher.
  var answeredAt: Instant?
  /// Whether the other replica has just told something newer.
  var isLearnt = false

  mutating func change(using random: inout SeededGenerator) {
    isLearnt = false
    if random.chance(3) {
      state = random.pick([.healthy, .healthy, .failing, .partial, .silent, .useless])
    }
    if random.chance(5) { evidenceFails = random.chance(30) }
  }

  mutating func read(_ truth: LossTruth, at instant: Instant, using random: inout SeededGenerator) {
    isRead = false
    switch truth.role {
    case .forecast: readForecast(at: instant, using: &random)
    case .query: readQuery(truth.load, at: instant, using: &random)
    case .checked:
      readQuery(truth.load * truth.targets / 100, at: instant, using: &random)
      if isRead { isOfAllTargets = truth.targets == 100 }
    case .schedule: break
    }
  }

  /// Often it flaps: fails, comes a round late, or sees a target more or less than there are.
  mutating func readEvidence(
    _ targets: Double, at instant: Instant, using random: inout SeededGenerator
  ) {
    if evidenceFails || random.chance(2) {
      evidence.failure = failure(.lost, since: evidence.failure?.since, at: instant)
      return
    }
    evidenceWasSkipped = !evidenceWasSkipped && random.chance(30)
    guard !evidenceWasSkipped else { return }
    let seen = random.chance(10) ? targets + random.pick([-1, 1]) : targets
    evidence = Reading(value: .sample(seen), obtainedAt: instant)
  }

  private mutating func readForecast(at instant: Instant, using random: inout SeededGenerator) {
    switch state {
    case .healthy, .partial:
      let replicas = (0..<5).map { _ in Int.random(in: 0...6, using: &random) }
      take(.forecast(series(replicas, from: instant)), at: instant)
    // No lead window reaches it, or that of another policy alone.
    case .useless where random.chance(50): fail(.outside, at: instant)
    case .useless:
      reading = Reading(
        value: .forecast(series([0], from: instant + .seconds(9_000_000))), obtainedAt: instant)
    case .failing: fail(.lost, at: instant)
    case .silent: fail(.silent, at: instant)
    }
  }

  private func series(_ replicas: [Int], from start: Instant) -> ForecastSeries {
    ForecastSeries(generatedAt: start, step: .seconds(60), replicas: replicas)
  }

  private mutating func readQuery(
    _ value: Double, at instant: Instant, using random: inout SeededGenerator
  ) {
    switch state {
    case .healthy: take(.sample(value), at: instant)
    case .partial: fail(.partial(random.chance(80) ? value / 2 : nil), at: instant)
    case .useless: reading = Reading(value: .sample(-1), obtainedAt: instant)
    case .failing: fail(.lost, at: instant)
    case .silent: fail(.silent, at: instant)
    }
  }

  var isPartial: Bool {
    if case .partial? = reading.failure?.kind { true } else { false }
  }

  private mutating func take(_ value: Reading.Value, at instant: Instant) {
    reading = Reading(value: value, obtainedAt: instant)
    isRead = true
    answeredAt = instant
  }

  private mutating func fail(_ kind: Reading.Failure.Kind, at instant: Instant) {
    reading.failure = failure(kind, since: reading.failure?.since, at: instant)
  }

  private func failure(
    _ kind: Reading.Failure.Kind, since: Instant?, at instant: Instant
  ) -> Reading.Failure {
    Reading.Failure(since: since ?? instant, message: "connection refused", kind: kind)
  }
}
