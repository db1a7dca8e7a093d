internal import Testing

@testable internal import GRPCWire

@Suite struct StreamHistoryTests {
  @Test func `a stream that is yet to come has no state`() {
    var history = StreamHistory()
    #expect(history.state(of: 1) == nil)
    history.opened(1)
    #expect(history.state(of: 1) == .open)
    #expect(history.state(of: 3) == nil)
  }

  @Test func `streams that are passed over are told apart`() {
    var history = StreamHistory()
    history.opened(5)
    history.opened(11)
    let states = [1, 3, 5, 7, 9, 11].map { history.state(of: $0) }
    #expect(states == [.skipped, .skipped, .open, .skipped, .skipped, .open])
  }

  @Test func `only open streams end, and once`() {
    var history = StreamHistory()
    history.opened(5)
    history.closed(3, .ended)
    history.closed(5, .reset)
    history.closed(5, .ended)
    history.closed(7, .ended)
    #expect([3, 5, 7].map { history.state(of: $0) } == [.skipped, .reset, nil])
  }

  @Test func `streams of the server's side have no state`() {
    var history = StreamHistory()
    history.opened(5)
    #expect([0, 2, 4].allSatisfy { history.state(of: $0) == nil })
  }

  @Test func `1024 streams are remembered, and not one more`() {
    var history = StreamHistory()
    for stream in stride(from: 1 as UInt32, through: 4095, by: 2) {
      history.opened(stream)
      history.closed(stream, .ended)
    }
    #expect(history.state(of: 4095 - 2 * 1023) == .ended)
    #expect(history.state(of: 4095 - 2 * 1024) == nil)
  }

  @Test(arguments: [2046, 2048, 2050, 4096, 0x7FFF_FFFE - 4096] as [UInt32])
  func `a jump over all that is remembered forgets it`(jump: UInt32) {
    var history = StreamHistory()
    for stream in stride(from: 1 as UInt32, through: 4095, by: 2) { history.opened(stream) }
    let last = 4095 + jump
    history.opened(last)
    #expect(history.state(of: last) == .open)
    #expect(history.state(of: last - 2) == .skipped)
    // The oldest that is still remembered was open before the jump, or passed over.
    #expect(history.state(of: last - 2046) == (jump <= 2046 ? .open : .skipped))
  }

  @Test func `the highest number`() {
    var history = StreamHistory()
    history.opened(0x7FFF_FFFF)
    #expect(history.state(of: 0x7FFF_FFFF) == .open)
    #expect(history.state(of: 0x7FFF_FFFD) == .skipped)
    #expect(history.state(of: 1) == nil)
  }
}
