internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// The rule for missing signals (design, section 1) under a model of its own: random policies whose
/// sources fail, answer in part, say nothing or come back, with restarts and edits in between.
///
/// The invariant: no signal's demand falls unless what was read of it (a fresh reading, the steps
/// of its series, its schedule), its author or its `hold` says so.
struct SignalLossTests {
  #if DEBUG
    private static let decisionsPerSeed = 1_000
  #else
    private static let decisionsPerSeed = 25_000
  #endif

  @Test(arguments: 0..<40)
  func `No demand falls without a reason`(seed: UInt64) {
    var world = World(seed: seed)
    var asked: [String: Int] = [:]
    for _ in 0..<Self.decisionsPerSeed {
      world.advance()
      let decision = Evaluator.decide(
        world.policy, readings: world.readings, memory: world.memory, at: world.now)
      world.memory = decision.memory
      var next: [String: Int] = [:]
      for (index, contribution) in decision.contributions.enumerated() {
        let name = contribution.signal
        next[name] = contribution.replicas ?? asked[name]
        guard let before = asked[name] else { continue }
        let fell = (contribution.replicas ?? 0) < before
        #expect(
          !fell || world.mayFall(index),
          "seed \(seed) at \(world.now.rfc3339): \(name) from \(before): \(contribution)")
        if contribution.replicas == nil { next[name] = nil }
      }
      asked = next
      // The answer is at least what the known signals ask: nothing else lowers it here.
      if let answer = decision.replicas {
        #expect(answer >= decision.contributions.compactMap(\.replicas).max() ?? 0)
      } else {
        #expect(world.policy.signals.indices.contains { world.isUnknown($0, decision) })
      }
    }
  }
}

/// Three signals with sources that come and go.
private struct World {
  private(set) var now = base
  private(set) var policy: Policy
  private(set) var readings: [SignalReading] = []
  var memory = Decision.Memory()
  private var random: SeededGenerator
  private var sources: [Source]

  /// What happens at one source.
  private struct Source {
    enum State { case healthy, failing, partial, silent, useless }
    var state = State.healthy
    var load = 300.0
    var targets = 100.0
    /// What its author or its data allowed since the last decision.
    var isRead = false
    var reading = Reading()
    var evidence = Reading()
    var targetsChangedAt = base
  }

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    let hold: Hold = random.chance(70) ? .forever : .upTo(.seconds(600))
    policy = Policy(
      name: ResourceName(name: "p"), leadTime: .seconds(120), hold: hold,
      signals: [
        Signal(
          name: "predicted", kind: .forecast(ForecastSignal(source: "default", workload: "w"))),
        Signal(
          name: "live",
          kind: .prometheus(PrometheusSignal(source: "main", query: "q", threshold: 100))),
        Signal(
          name: "checked",
          kind: .prometheus(
            PrometheusSignal(source: "main", query: "q", threshold: 100, evidence: "count(up)"))),
      ])
    sources = [Source(), Source(), Source()]
    refresh()
  }

  /// Five seconds pass: loads drift, sources are fetched or fail, now and then somebody restarts
  /// Headstart or edits the policy.
  mutating func advance() {
    now = now + .seconds(5)
    if random.chance(1) { restart() }
    if random.chance(1) { edit() }
    for index in sources.indices {
      var source = sources[index]
      source.load = max(0, source.load + Double.random(in: -80...80, using: &random))
      if random.chance(3) {
        source.state = random.pick([.healthy, .healthy, .failing, .partial, .silent, .useless])
      }
      // Targets vanish for less than it takes to settle.
      // They are back for long enough to be seen: evidence that is not read tells nothing.
      if source.targets == 100, source.targetsChangedAt + .seconds(90) < now, random.chance(3) {
        source.targets = 40
        source.targetsChangedAt = now
      } else if source.targets == 40,
        source.targetsChangedAt + .seconds(240) < now || random.chance(5)
      {
        source.targets = 100
        source.targetsChangedAt = now
      }
      sources[index] = source
    }
    refresh()
  }

  /// Whether a signal's demand may be lower than at the last decision.
  func mayFall(_ index: Int) -> Bool {
    let source = sources[index]
    switch index {
    case 0:
      // By a fresh snapshot, or by the steps of the series that it has.
      return source.isRead || memory.signals[0]?.series != nil || holdIsOver(index)
    case 1:
      return source.isRead || holdIsOver(index)
    default:
      return source.isRead && source.targets == 100 || holdIsOver(index)
    }
  }

  func isUnknown(_ index: Int, _ decision: Decision) -> Bool {
    policy.signals[index].required && decision.contributions[index].state == .unknown
      || decision.contributions.allSatisfy { $0.replicas == nil }
  }

  private func holdIsOver(_ index: Int) -> Bool {
    guard case .upTo(let hold) = policy.hold, let since = memory.signals[index]?.lostSince else {
      return false
    }
    return now >= since + hold
  }

  /// Readings are lost, what the signals asked is kept.
  private mutating func restart() {
    for index in sources.indices {
      sources[index].reading = Reading()
      sources[index].evidence = Reading()
    }
  }

  /// A query is changed: it has not been read yet.
  private mutating func edit() {
    let old = policy
    guard case .prometheus(var signal) = policy.signals[1].kind else { return }
    signal.query += "+0"
    policy.signals[1].kind = .prometheus(signal)
    memory = memory.edited(from: old, to: policy, lastAnswer: nil)
    sources[1].reading = Reading()
    if sources[1].state == .healthy { sources[1].state = .failing }
  }

  private mutating func refresh() {
    for index in sources.indices {
      sources[index].isRead = false
      if index == 0 { fetchForecast() } else { fetchQuery(index) }
    }
    readings = [
      .forecast(sources[0].reading), .prometheus(sources[1].reading),
      .prometheus(sources[2].reading, evidence: sources[2].evidence),
    ]
  }

  private mutating func fetchForecast() {
    switch sources[0].state {
    case .healthy, .partial:
      let replicas = (0..<5).map { _ in Int.random(in: 0...6, using: &random) }
      sources[0].reading = Reading(
        value: .forecast(ForecastSeries(generatedAt: now, step: .seconds(60), replicas: replicas)),
        obtainedAt: now)
      sources[0].isRead = true
    // No lead window reaches it, or that of another policy alone.
    case .useless where random.chance(50): fail(0, .outside)
    case .useless:
      sources[0].reading = Reading(
        value: .forecast(
          ForecastSeries(generatedAt: now + .seconds(9_000_000), step: .seconds(60), replicas: [0])
        ), obtainedAt: now)
    case .failing: fail(0, .lost)
    case .silent: fail(0, .silent)
    }
  }

  private mutating func fetchQuery(_ index: Int) {
    let share = index == 2 ? sources[index].targets / 100 : 1
    let value = sources[index].load * share
    // The evidence is read on its own, sometimes a round later than the value.
    if index == 2, random.chance(70) {
      sources[index].evidence = Reading(value: .sample(sources[index].targets), obtainedAt: now)
    }
    switch sources[index].state {
    case .healthy:
      sources[index].reading = Reading(value: .sample(value), obtainedAt: now)
      sources[index].isRead = true
    case .partial: fail(index, .partial(random.chance(80) ? value / 2 : nil))
    case .useless:
      sources[index].reading.value = .sample(-1)
      sources[index].reading.failure = nil
      sources[index].reading.obtainedAt = now
    case .failing: fail(index, .lost)
    case .silent: fail(index, .silent)
    }
  }

  private mutating func fail(_ index: Int, _ kind: Reading.Failure.Kind) {
    let since = sources[index].reading.failure?.since ?? now
    sources[index].reading.failure = Reading.Failure(
      since: since, message: "connection refused", kind: kind)
  }
}
