internal import Scaling
internal import Testing
internal import Time

/// What another replica says of signals that are lost here.
@Suite struct LearntMemoryTests {
  private let now = Instant(milliseconds: 1_800_000_000_000)

  private func query(_ text: String = "load") -> Signal {
    Signal(
      name: "live",
      kind: .prometheus(PrometheusSignal(source: "main", query: text, threshold: 100)))
  }

  private func policy(_ signals: Signal...) -> Policy {
    Policy(name: ResourceName(namespace: "shop", name: "web"), signals: signals)
  }

  private func memory(
    _ replicas: Int, age: Int, definition: UInt64?, origin: SignalMemory.Origin = .source
  ) -> SignalMemory {
    SignalMemory(
      replicas: replicas, readAt: now.advanced(by: .seconds(-age)), origin: origin,
      definition: definition)
  }

  /// What is kept of a signal after another replica has told of it.
  private func kept(_ own: SignalMemory?, told: SignalMemory?, isLost: Bool = true) -> Int? {
    let policy = policy(query())
    var memory = Decision.Memory(signals: [own])
    let theirs = PolicyMemory(signals: told.map { ["live": $0] } ?? [:])
    _ = memory.learn(theirs.learnt(from: "10.0.0.7", at: now), of: policy) { _ in isLost }
    return memory.signals[0]?.replicas
  }

  @Test func `the newest reading of the same definition wins, higher or lower`() {
    let own = query().definition
    #expect(
      kept(memory(10, age: 60, definition: nil), told: memory(5, age: 2, definition: own)) == 5)
    #expect(
      kept(memory(10, age: 60, definition: nil), told: memory(25, age: 2, definition: own)) == 25)
    #expect(
      kept(memory(10, age: 2, definition: nil), told: memory(25, age: 60, definition: own)) == 10)
  }

  @Test func `another definition's serves only where there is none`() {
    #expect(kept(nil, told: memory(25, age: 2, definition: 1)) == 25)
    #expect(
      kept(memory(10, age: 60, definition: nil), told: memory(25, age: 2, definition: 1)) == 10)
    let own = query().definition
    #expect(kept(memory(10, age: 2, definition: 1), told: memory(5, age: 60, definition: own)) == 5)
    #expect(kept(memory(10, age: 2, definition: 1), told: memory(5, age: 60, definition: 2)) == 10)
  }

  @Test
  func `what was read wins over the present replicas of a target, which no replica passes on`() {
    let own = query().definition
    let standIn = memory(40, age: 0, definition: nil, origin: .target)
    #expect(kept(standIn, told: memory(25, age: 600, definition: own)) == 25)
    #expect(kept(nil, told: memory(25, age: 0, definition: own, origin: .target)) == nil)
  }

  @Test func `a signal that is read here keeps what was read`() {
    let own = query().definition
    #expect(
      kept(
        memory(10, age: 60, definition: nil), told: memory(25, age: 2, definition: own),
        isLost: false)
        == 10)
  }

  @Test func `a later activity is taken over, and that nothing was seen says nothing`() {
    let policy = policy(query())
    func last(_ own: Decision.Activity?, told: Decision.Activity?) -> Decision.Activity? {
      var memory = Decision.Memory(activity: own)
      _ = memory.learn(PolicyMemory(activity: told), of: policy) { _ in true }
      return memory.activity
    }
    let earlier = Decision.Activity(last: now.advanced(by: .seconds(-60)), cause: .active)
    let later = Decision.Activity(last: now, cause: .wakeUp)
    let nothing = Decision.Activity(last: now, cause: .firstSeen)
    #expect(last(earlier, told: later) == later)
    #expect(last(later, told: earlier) == later)
    #expect(last(earlier, told: nothing) == earlier)
    #expect(last(nothing, told: earlier) == earlier)
    #expect(last(nil, told: later) == later)
  }

  @Test func `a peer's newer snapshot counts instead of the stale one that was read here`() {
    let signal = Signal(
      name: "live",
      kind: .forecast(ForecastSignal(source: "s", workload: "w", maxAge: .seconds(60))))
    let policy = policy(signal)
    func series(age: Int, _ replicas: Int) -> ForecastSeries {
      ForecastSeries(
        generatedAt: now.advanced(by: .seconds(-age)), step: .seconds(3600), replicas: [replicas])
    }
    func told(age: Int) -> PolicyMemory {
      PolicyMemory(signals: [
        "live": SignalMemory(
          replicas: 30, series: series(age: age, 30), readAt: now, definition: signal.definition)
      ]).learnt(from: "10.0.0.7", at: now)
    }
    let stale = SignalReading.forecast(
      Reading(value: .forecast(series(age: 120, 20)), obtainedAt: now.advanced(by: .seconds(-120))))
    let first = Evaluator.decide(policy, readings: [stale], memory: Decision.Memory(), at: now)
    #expect(first.replicas == 20)
    for (age, expected) in [(10, 30), (240, 20)] {
      var memory = first.memory
      _ = memory.learn(told(age: age), of: policy) { _ in true }
      let next = Evaluator.decide(policy, readings: [stale], memory: memory, at: now)
      #expect(next.replicas == expected)
      #expect(next.contributions[0].state == .held)
    }
  }

  @Test func `a kept number says from whom it was learnt`() {
    let policy = policy(query())
    var memory = Decision.Memory()
    let told = PolicyMemory(signals: [
      "live": self.memory(25, age: 2, definition: query().definition)
    ])
    _ = memory.learn(told.learnt(from: "10.0.0.7:8082", at: now), of: policy) { _ in true }
    let reading = Reading(failure: .init(since: now, message: "no route"))
    let decision = Evaluator.decide(
      policy, readings: [.prometheus(reading)], memory: memory, at: now)
    #expect(decision.replicas == 25)
    #expect(decision.explanation(at: now).contains("learnt from peer 10.0.0.7:8082"))
  }

  @Test func `of two replicas' memories the newer of each signal counts, and no lower answer`() {
    let one = PolicyMemory(
      signals: ["a": memory(1, age: 5, definition: 1), "b": memory(2, age: 50, definition: 1)],
      answer: 7, goneSince: now)
    let other = PolicyMemory(
      signals: ["a": memory(10, age: 50, definition: 1), "b": memory(20, age: 5, definition: 1)],
      answer: 5)
    for merged in [one.merged(with: other), other.merged(with: one)] {
      #expect(merged.signals["a"]?.replicas == 1)
      #expect(merged.signals["b"]?.replicas == 20)
      #expect(merged.answer == 7)
      #expect(merged.goneSince == nil)
    }
  }

  @Test func `of replicas with different manifests the one with the same definition counts`() {
    let policy = policy(query())
    let own = query().definition
    let told = [
      memory(5, age: 1, definition: 1), memory(25, age: 30, definition: own),
      memory(30, age: 60, definition: own), memory(4, age: 20, definition: 2),
    ].map { PolicyMemory(signals: ["live": $0]) }
    for order in [told, told.reversed()] {
      let merged = order.dropFirst().reduce(order[0]) { $0.merged(with: $1) }
      let found = merged.serving(policy).signals[0]
      #expect(found?.replicas == 25)
      #expect(found?.definition == nil)
      // The newest where there is none of its own.
      #expect(merged.serving(self.policy(query("other"))).signals[0]?.replicas == 5)
    }
  }

  @Test func `of many definitions the five newest are remembered`() {
    let own = query().definition
    let policy = policy(query())
    // How many others are newer: with five the own one is forgotten, and the newest serves.
    for (count, replicas) in [(3, 25), (4, 25), (5, 1), (50, 1)] {
      let others = (1...count).map { memory($0, age: $0, definition: UInt64($0)) }
      let told = others + [memory(25, age: 60, definition: own)]
      let merged = told.map { PolicyMemory(signals: ["live": $0]) }
        .reduce(PolicyMemory(signals: [:])) { $0.merged(with: $1) }
      #expect(merged.serving(policy).signals[0]?.replicas == replicas, "\(count) others")
    }
  }

  @Test func `what was read wins over what stands in at a start, too`() {
    let own = query().definition
    let standIn = PolicyMemory(signals: [
      "live": memory(8, age: 1, definition: own, origin: .target)
    ])
    let read = PolicyMemory(signals: ["live": memory(25, age: 600, definition: own)])
    for merged in [standIn.merged(with: read), read.merged(with: standIn)] {
      #expect(merged.serving(policy(query())).signals[0]?.replicas == 25)
    }
  }

  @Test func `a whole reading that is older than an answer in part lowers nothing`() {
    let policy = policy(query())
    func decide(_ reading: Reading, _ memory: Decision.Memory, at seconds: Int) -> Decision {
      Evaluator.decide(
        policy, readings: [.prometheus(reading)], memory: memory,
        at: now.advanced(by: .seconds(seconds)))
    }
    var reading = Reading(value: .sample(2500), obtainedAt: now)
    let first = decide(reading, Decision.Memory(), at: 0)
    reading.failure = .init(since: now, message: "a store is away", kind: .partial(4000))
    let raised = decide(reading, first.memory, at: 30)
    #expect(raised.replicas == 40)
    for (age, replicas) in [(20, 40), (40, 25)] {
      // Read by another replica: before that answer, and after it.
      let at = now.advanced(by: .seconds(age))
      let told = PolicyMemory(signals: [
        "live": SignalMemory(replicas: 25, readAt: at, definition: query().definition)
      ])
      var memory = raised.memory
      _ = memory.learn(told.learnt(from: "10.0.0.7", at: at), of: policy) { _ in true }
      reading.failure = .init(since: now, message: "no route")
      #expect(decide(reading, memory, at: 45).replicas == replicas)
    }
  }
}
