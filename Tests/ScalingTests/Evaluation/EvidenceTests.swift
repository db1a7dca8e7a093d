internal import TestKit
internal import Testing
internal import Time

@testable internal import Scaling

/// When a lower value is believed by its evidence (design, section 1).
struct EvidenceTests {
  private static let start = Instant(milliseconds: 1_800_000_000_000)
  /// What was read, by the second.
  private struct Readings {
    var settles = Policy.Defaults.evidenceSettles
    var memory = Decision.Memory()
    var value = Reading()
    var evidence = Reading()

    private var policy: Policy {
      Policy(
        name: ResourceName(name: "p"),
        signals: [
          Signal(
            name: "live",
            kind: .prometheus(
              PrometheusSignal(
                source: "main", query: "q", threshold: 100, evidence: "count(up)",
                evidenceSettles: settles)))
        ])
    }

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

    mutating func failEvidence(at second: Int) {
      evidence.failure = Reading.Failure(since: start + .seconds(second), message: "refused")
      _ = decide(at: second)
    }

    /// Another process knows what was remembered, and has read nothing yet.
    mutating func restart(at second: Int) {
      value = Reading()
      evidence = Reading()
      let kept = PolicyMemory(of: policy, memory, answer: nil)
      memory = kept.restored(written: start + .seconds(second), shiftedBy: .zero).serving(policy)
      _ = decide(at: second)
    }

    mutating func pass(_ gap: Gap, at second: Int) {
      switch gap {
      case .failure: fail(at: second)
      case .restart: restart(at: second)
      case .failedEvidence: failEvidence(at: second)
      }
    }
  }

  /// In which the evidence is not read.
  enum Gap: CaseIterable { case failure, restart, failedEvidence }

  @Test func `a fall between two whole readings of the evidence is believed at once`() {
    var readings = Readings()
    #expect(readings.read(2300, targets: 100, at: 0) == 23)
    #expect(readings.read(2300, targets: 100, at: 5) == 23)
    #expect(readings.read(2000, targets: 100, at: 10) == 20)
  }

  /// However long the evidence has been what it is: that does not make it known in a gap.
  @Test(arguments: Gap.allCases, [10, 3600])
  func `a value that is read while targets return after a gap is no fall`(
    gap: Gap, second: Int
  ) {
    var readings = Readings()
    #expect(readings.read(2300, targets: 100, at: 0) == 23)
    #expect(readings.read(2300, targets: 100, at: 5) == 23)
    readings.pass(gap, at: second)
    // Whole before the gap and whole after the value: that says nothing of the moment between.
    #expect(readings.read(2000, targets: 100, at: second + 5) == 23)
    #expect(readings.read(2000, targets: 100, at: second + 10) == 20)
  }

  @Test(arguments: Gap.allCases)
  func `targets that are gone have to settle once more after a gap`(gap: Gap) {
    var readings = Readings()
    #expect(readings.read(2300, targets: 100, at: 0) == 23)
    for second in stride(from: 5, through: 280, by: 25) {
      #expect(readings.read(900, targets: 40, at: second) == 23)
    }
    readings.pass(gap, at: 290)
    // What is there is as much as before the gap, but it may have been less when the value was read.
    for second in stride(from: 300, through: 590, by: 10) {
      #expect(readings.read(300, targets: 40, at: second) == 23, "\(second)")
    }
    #expect(readings.read(900, targets: 40, at: 605) == 9)
  }

  /// Read before the evidence is, after a restart: it does not vouch for what is read next.
  @Test func `a value that is no fall says nothing of evidence that is not read`() {
    var readings = Readings()
    #expect(readings.read(2300, targets: 100, at: 0) == 23)
    #expect(readings.read(900, targets: 40, at: 5) == 23)
    readings.restart(at: 1000)
    readings.value = Reading(value: .sample(2300), obtainedAt: Self.start + .seconds(1001))
    #expect(readings.decide(at: 1001) == 23)
    #expect(readings.read(900, targets: 40, at: 1005) == 23)
    #expect(readings.read(900, targets: 40, at: 1010) == 23)
  }

  @Test func `evidence that fails now and then holds a fall until it is read twice`() {
    var readings = Readings()
    #expect(readings.read(2300, targets: 100, at: 0) == 23)
    for second in stride(from: 10, through: 1000, by: 10) {
      readings.failEvidence(at: second)
      #expect(readings.read(2000, targets: 100, at: second + 5) == 23)
    }
    #expect(readings.read(2000, targets: 100, at: 1010) == 20)
  }

  /// Read less often than it takes to settle, and settled at once.
  @Test(arguments: [(600, 300), (15, 10), (15, 0)])
  func `a fall is followed whatever the refresh`(refresh: Int, settles: Int) {
    var readings = Readings(settles: .seconds(settles))
    #expect(readings.read(2300, targets: 100, at: 0) == 23)
    #expect(readings.read(2300, targets: 100, at: refresh) == 23)
    #expect(readings.read(2000, targets: 100, at: 2 * refresh) == 20)
    // Targets are gone for good.
    #expect(readings.read(900, targets: 40, at: 3 * refresh) == 20)
    #expect(readings.read(900, targets: 40, at: 4 * refresh) == 9)
  }

  @Test(arguments: [true, false])
  func `what another process knew of the evidence allows no fall`(isFollowed: Bool) {
    // It was read there, later than anything here: this process cannot say what was between.
    let evidence = EvidenceMemory(
      taken: 3, level: 3, levelSince: Self.start, wholeSince: Self.start, isFollowed: isFollowed,
      readAt: Self.start + .seconds(10))
    let isAllowed = evidence.allowsFall(
      readAt: Self.start + .seconds(5), settles: .seconds(1), at: Self.start + .seconds(100))
    #expect(isAllowed == isFollowed)
  }
}
