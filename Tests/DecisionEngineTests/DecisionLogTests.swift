internal import Scaling
internal import Synchronization
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import DecisionEngine

struct DecisionLogTests {
  private final class Lines: LogOutput {
    private let lines = Mutex(0)

    var count: Int { lines.withLock { $0 } }

    func write(line: [UInt8]) { lines.withLock { $0 += 1 } }
  }

  /// A policy with one forecast, which is not fresh for this reason.
  private func decision(_ problem: String, isBeingLearnt: Bool) throws -> Decision {
    let now = try Instant.at("2026-11-02T00:00:00Z")
    return Decision(
      policy: ResourceName(name: "web"), at: now, outcome: .unavailable(reason: problem),
      contributions: [
        Contribution(
          signal: "predicted", kind: .forecast, state: .silent, problem: problem,
          isBeingLearnt: isBeingLearnt)
      ], winner: nil, appliedLimits: [], validUntil: .distantFuture, memory: Decision.Memory())
  }

  @Test func `How much of a history has been read is one line, and what stops it another`() throws {
    let lines = Lines()
    let logger = Logger(output: lines)
    var log = DecisionLog()
    var previous: Decision?
    for day in 0..<28 {
      let next = try decision("learning: \(day) of 28 days are read", isBeingLearnt: true)
      log.record(next, previous: previous, at: next.at, to: logger)
      previous = next
    }
    #expect(lines.count == 1)
    let lost = try decision("learning: 20 of 28 days are read; HTTP 503", isBeingLearnt: false)
    log.record(lost, previous: previous, at: lost.at, to: logger)
    #expect(lines.count == 2)
    log.record(try #require(previous), previous: lost, at: lost.at, to: logger)
    #expect(lines.count == 3)
  }
}
