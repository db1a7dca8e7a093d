internal import GRPCWire
internal import Testing
internal import Time

@Suite struct FloodGuardTests {
  private static let start = MonotonicTime(nanoseconds: 1_000_000_000)

  private func guardian(resets: Int? = 10, control: Int? = 10) -> FloodGuard {
    var limits = FloodGuard.Limits()
    limits.resets = resets
    limits.control = control
    return FloodGuard(limits: limits)
  }

  /// How many of `kind` may come before one is too many, at most 100,000.
  private func count(
    of kind: ServerLimit, in floods: inout FloodGuard, at now: MonotonicTime = start
  ) -> Int {
    for number in 0..<100_000 where floods.received(kind, now: now) { return number }
    return 100_000
  }

  @Test(
    arguments: [
      (.resets, 200), (.pings, 200), (.priorities, 200), (.emptyFrames, 200), (.otherFrames, 200),
      // Each counts as twenty.
      (.settings, 10),
      // A hundred are free.
      (.windowUpdates, 300),
    ] as [(ServerLimit, Int)])
  func `twenty seconds' worth may come at once, and one more is a flood`(
    kind: ServerLimit, limit: Int
  ) {
    var floods = guardian()
    #expect(count(of: kind, in: &floods) == limit)
  }

  @Test func `a second brings a second's worth`() {
    var floods = guardian()
    #expect(count(of: .pings, in: &floods) == 200)
    #expect(count(of: .pings, in: &floods, at: Self.start.advanced(by: .seconds(1))) == 10)
  }

  @Test func `one kind leaves the others alone`() {
    var floods = guardian()
    #expect(count(of: .pings, in: &floods) == 200)
    #expect(count(of: .resets, in: &floods) == 200)
  }

  @Test func `each kind has the rate that it is given`() {
    var floods = guardian(resets: 1, control: 2)
    #expect(count(of: .resets, in: &floods) == 20)
    #expect(count(of: .pings, in: &floods) == 40)
  }

  @Test func `a limit that is off lets everything through`() {
    var floods = guardian(resets: nil, control: nil)
    #expect(count(of: .resets, in: &floods) == 100_000)
    #expect(count(of: .settings, in: &floods) == 100_000)
  }

  @Test func `what moves forward gives reason for window updates`() {
    var floods = guardian()
    for _ in 0..<1000 { floods.movedForward() }
    #expect(count(of: .windowUpdates, in: &floods) == 100 + 10_000 + 200)
  }
}
