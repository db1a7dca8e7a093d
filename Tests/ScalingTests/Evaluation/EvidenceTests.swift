internal import Scaling
internal import Testing
internal import Time

/// When a lower value is believed by its evidence (design, section 1).
struct EvidenceTests {
  private static let start = Instant(milliseconds: 1_800_000_000_000)
  private static let policy = Policy(
    name: ResourceName(name: "p"),
    signals: [
      Signal(
        name: "live",
        kind: .prometheus(
          PrometheusSignal(source: "main", query: "q", threshold: 100, evidence: "count(up)")))
    ])

  /// What was read, by the second.
  private struct Readings {
    var memory = Decision.Memory()
    var value = Reading()
    var evidence = Reading()

    /// - Returns: what the policy asks for at that second.
    mutating func decide(at second: Int) -> Int? {
      let decision = Evaluator.decide(
        policy, readings: [.prometheus(value, evidence: evidence)], memory: memory,
        at: start + .seconds(second))
      memory = decision.memory
      return decision.replicas
    }

    /// Reads the value, and the evidence after it.
    mutating func read(_ load: Double, targets: Double, at second: Int) -> Int? {
      value = Reading(value: .sample(load), obtainedAt: start + .seconds(second))
      _ = decide(at: second)
      evidence = Reading(value: .sample(targets), obtainedAt: start + .seconds(second + 1))
      return decide(at: second + 1)
    }

    mutating func fail(at second: Int) {
      let failure = Reading.Failure(since: start + .seconds(second), message: "refused")
      value.failure = failure
      evidence.failure = failure
      _ = decide(at: second)
    }

    /// Another process knows what was remembered, and has read nothing yet.
    mutating func restart(at second: Int) {
      value = Reading()
      evidence = Reading()
      _ = decide(at: second)
    }
  }

  @Test func `a fall between two whole readings of the evidence is believed at once`() {
    var readings = Readings()
    #expect(readings.read(2300, targets: 100, at: 0) == 23)
    #expect(readings.read(2300, targets: 100, at: 5) == 23)
    #expect(readings.read(2000, targets: 100, at: 10) == 20)
  }

  @Test(arguments: [false, true])
  func `a value that is read while targets return after a gap is no fall`(isRestart: Bool) {
    var readings = Readings()
    #expect(readings.read(2300, targets: 100, at: 0) == 23)
    #expect(readings.read(2300, targets: 100, at: 5) == 23)
    if isRestart { readings.restart(at: 10) } else { readings.fail(at: 10) }
    // Whole before the gap and whole after the value: that says nothing of the moment between.
    #expect(readings.read(2000, targets: 100, at: 15) == 23)
    #expect(readings.read(2000, targets: 100, at: 20) == 20)
  }
}
