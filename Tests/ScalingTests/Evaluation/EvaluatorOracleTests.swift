internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// The evaluator against the oracle that looks at every second, for random policies and readings.
struct EvaluatorOracleTests {
  @Test("The answer is what looking at every second gives", arguments: 0..<8)
  func answer(batch: UInt64) {
    for seed in batch * 150..<(batch + 1) * 150 {
      let random = RandomCase(seed: seed)
      let decision = Evaluator.decide(
        random.policy, readings: random.readings, memory: random.memory, at: random.now)
      let oracle = EvaluatorOracle(
        policy: random.policy, readings: random.readings, memory: random.memory, now: random.now)
      #expect(decision.replicas == oracle.replicas(), "seed \(seed)")
    }
  }

  @Test("A decision stands until the instant that it names", arguments: 0..<8)
  func validity(batch: UInt64) {
    for seed in batch * 150..<(batch + 1) * 150 {
      let random = RandomCase(seed: seed)
      let decision = Evaluator.decide(
        random.policy, readings: random.readings, memory: random.memory, at: random.now)
      #expect(decision.validUntil > random.now, "seed \(seed)")
      let end = min(decision.validUntil, random.now + .seconds(1000))
      var generator = SeededGenerator(seed: seed)
      var instants = [random.now + .milliseconds(1), end - .milliseconds(1)]
      for _ in 0..<6 {
        instants.append(
          Instant(
            milliseconds: .random(
              in: random.now.milliseconds..<end.milliseconds, using: &generator)))
      }
      for instant in instants where instant > random.now && instant < end {
        for memory in [random.memory, decision.memory] {
          let later = Evaluator.decide(
            random.policy, readings: random.readings, memory: memory, at: instant)
          #expect(later.replicas == decision.replicas, "seed \(seed) at \(instant.rfc3339)")
        }
      }
    }
  }

  @Test("Following the decisions from change to change never skips one", arguments: 0..<4)
  func nextChange(batch: UInt64) {
    for seed in batch * 25..<(batch + 1) * 25 {
      let random = RandomCase(seed: seed)
      let decision = Evaluator.decide(
        random.policy, readings: random.readings, memory: random.memory, at: random.now)
      let until = random.now + .seconds(400)
      let change = Evaluator.nextChange(
        after: decision, of: random.policy, readings: random.readings, until: until)
      // Read once: the compiler (6.3.1) crashes where it is read in the loop, in the release
      // configuration.
      let replicas = decision.replicas
      var memory = decision.memory
      var found: Instant?
      // The last second before a change comes into the window, and the instant after.
      for number in Int64(0)..<800 where found == nil {
        let instant = random.now + .milliseconds(number / 2 * 1000 + number % 2)
        let later = Evaluator.decide(
          random.policy, readings: random.readings, memory: memory, at: instant)
        memory = later.memory
        if later.replicas != replicas, instant > random.now, instant < until {
          found = instant
        }
      }
      #expect(change?.at == found, "seed \(seed)")
    }
  }

  @Test("What a decision says of itself is consistent", arguments: 0..<4)
  func consistency(batch: UInt64) {
    for seed in batch * 150..<(batch + 1) * 150 {
      let random = RandomCase(seed: seed)
      let decision = Evaluator.decide(
        random.policy, readings: random.readings, memory: random.memory, at: random.now)
      #expect(decision.contributions.count == random.policy.signals.count)
      #expect(decision.memory.signals.count == random.policy.signals.count)
      for contribution in decision.contributions {
        let takesPart = contribution.state == .fresh || contribution.state == .held
        #expect(takesPart == (contribution.replicas != nil))
        #expect((contribution.state == .held) == (contribution.lostSince != nil))
        #expect((contribution.state == .fresh) == (contribution.problem == nil))
        #expect(contribution.peak.map { $0 >= random.now } ?? true)
      }
      guard let replicas = decision.replicas else {
        #expect(decision.winner == nil && decision.appliedLimits == [])
        continue
      }
      if let winner = decision.winner, decision.appliedLimits.isEmpty {
        #expect(decision.contributions[winner].replicas == replicas, "seed \(seed)")
      }
      if case .increase(let increase)? = decision.appliedLimits.first,
        decision.appliedLimits.count == 1
      {
        #expect(increase.replicas == replicas && increase.asked < replicas, "seed \(seed)")
        #expect(decision.winner.map { decision.contributions[$0].signal } == increase.asker)
      }
      if decision.appliedLimits.isEmpty {
        #expect(decision.contributions.compactMap(\.replicas).max() == replicas, "seed \(seed)")
      }
    }
  }
}
