internal import Testing
internal import Time

@testable internal import Scaling

/// How often a policy may be woken.
struct WakeUpLimiterTests {
  private static let web = ResourceName(namespace: "default", name: "web")

  @Test func `Ten at once, then one each second`() {
    var limiter = WakeUpLimiter(perMinute: 60)
    for _ in 0..<WakeUpLimiter.burst {
      #expect(limiter.asked(for: Self.web, now: .zero) == nil)
    }
    #expect(limiter.asked(for: Self.web, now: .zero) == .seconds(1))
    #expect(limiter.asked(for: Self.web, now: .milliseconds(400)) == .milliseconds(600))
    #expect(limiter.asked(for: Self.web, now: .seconds(1)) == nil)
    #expect(limiter.asked(for: Self.web, now: .seconds(1)) == .seconds(1))
  }

  @Test func `Fewer in a minute than at once are that many at once`() {
    var limiter = WakeUpLimiter(perMinute: 2)
    #expect(limiter.asked(for: Self.web, now: .zero) == nil)
    #expect(limiter.asked(for: Self.web, now: .zero) == nil)
    #expect(limiter.asked(for: Self.web, now: .zero) == .seconds(30))
  }

  @Test func `Each policy has its own limit, and a pause gives no more than the burst`() {
    var limiter = WakeUpLimiter(perMinute: 1)
    #expect(limiter.asked(for: Self.web, now: .zero) == nil)
    let other = ResourceName(name: "web")
    #expect(limiter.asked(for: other, now: .zero) == nil)
    #expect(limiter.asked(for: Self.web, now: .seconds(3600)) == nil)
    #expect(limiter.asked(for: Self.web, now: .seconds(3600)) == .seconds(60))
  }

  @Test func `Policies that were not woken for long are forgotten`() {
    var limiter = WakeUpLimiter(perMinute: 60)
    for index in 0..<20_000 {
      let name = ResourceName(name: "policy-\(index)")
      #expect(limiter.asked(for: name, now: .seconds(index)) == nil)
    }
    #expect(limiter.count <= 10_001)
  }
}
