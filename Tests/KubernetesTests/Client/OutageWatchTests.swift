internal import Testing

@testable internal import Kubernetes

@Suite struct OutageWatchTests {
  private var outage = OutageWatch()

  @Test mutating func `an answer after silence says when that was noticed`() {
    #expect(outage.answered(now: .seconds(1)) == nil)
    outage.failed(after: .seconds(3), now: .seconds(8))
    outage.failed(after: .seconds(3), now: .seconds(12))
    #expect(outage.answered(now: .seconds(13)) == .seconds(8))
    #expect(outage.answered(now: .seconds(14)) == nil)
  }

  @Test mutating func `a call that fails while others are answered is no outage`() {
    _ = outage.answered(now: .seconds(6))
    outage.failed(after: .seconds(3), now: .seconds(8))
    #expect(outage.answered(now: .seconds(9)) == nil)
  }

  @Test mutating func `a server that never answered returns, too`() {
    outage.failed(after: .zero, now: .seconds(2))
    #expect(outage.answered(now: .seconds(3)) == .seconds(2))
  }
}
