internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import DecisionEngine
@testable internal import Serving

struct NextChangeCacheTests {
  private static let now = Instant(milliseconds: 1_800_000_000_000)

  private func snapshot(_ number: Int) -> PolicySnapshot {
    let policy = Policy(name: ResourceName(name: "made-up-\(number)"), signals: [])
    return PolicySnapshot(
      policy: policy,
      decision: Evaluator.decide(policy, readings: [], memory: Decision.Memory(), at: Self.now),
      readings: [], isImplied: true, isWritten: false, isVouchedFor: true, scaledObjects: [])
  }

  @Test func `policies that are gone are forgotten`() {
    let cache = NextChangeCache()
    let policies = (0..<10).map(snapshot)
    for policy in policies { _ = cache.nextChange(of: policy, zones: UTCDatabase()) }
    cache.forgetAll(but: policies)
    #expect(cache.count == 10)
    cache.forgetAll(but: [policies[3], snapshot(20)])
    #expect(cache.count == 1)
  }
}
