import Testing
internal import Time

@testable import Telemetry

struct LogLimiterTests {
  private let start = ContinuousClock.now

  private func at(_ seconds: Double) -> ContinuousClock.Instant {
    start.advanced(by: .seconds(seconds))
  }

  @Test func `lets the first through, then one an interval with the number left out`() {
    var limiter = LogLimiter<ContinuousClock.Instant>(interval: .seconds(60))
    #expect(limiter.occurred(at: at(0)) == .log(suppressed: 0))
    #expect(limiter.occurred(at: at(1)) == .skip)
    #expect(limiter.occurred(at: at(59.999)) == .skip)
    #expect(limiter.occurred(at: at(60)) == .log(suppressed: 2))
    #expect(limiter.occurred(at: at(61)) == .skip)
    #expect(limiter.occurred(at: at(500)) == .log(suppressed: 1))
  }

  @Test func `starts over after a recovery`() {
    var limiter = LogLimiter<ContinuousClock.Instant>(interval: .seconds(60))
    _ = limiter.occurred(at: at(0))
    _ = limiter.occurred(at: at(1))
    limiter.recovered()
    #expect(limiter.occurred(at: at(2)) == .log(suppressed: 0))
  }

  @Test func `is not silenced by a clock that is set back`() {
    var limiter = LogLimiter<ContinuousClock.Instant>(interval: .seconds(60))
    _ = limiter.occurred(at: at(1000))
    #expect(limiter.occurred(at: at(0)) == .log(suppressed: 0))
    #expect(limiter.occurred(at: at(1)) == .skip)
  }
}
