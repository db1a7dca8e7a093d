import Testing
internal import Time

@testable import SidePort

struct ConnectionTableTests {
  private let start = ContinuousClock.now

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant {
    start.advanced(by: .milliseconds(milliseconds))
  }

  private func table() -> ConnectionTable {
    ConnectionTable(limit: 3, requestTimeout: .seconds(60))
  }

  /// What a look finds when the last byte of each connection came so long ago.
  private func look(
    _ table: inout ConnectionTable, at milliseconds: Int, silence: Duration? = .seconds(3600)
  ) -> [Int32] {
    table.looked(at: at(milliseconds)) { _ in silence }
  }

  @Test func `ends none up to the limit`() {
    var table = table()
    for socket: Int32 in 1...3 { #expect(table.opened(socket, at: at(0)) == nil) }
    #expect(table.count == 3)
  }

  @Test func `ends the longest waiting one beyond the limit`() {
    var table = table()
    for socket in 1...3 { _ = table.opened(Int32(socket), at: at(socket)) }
    table.finishedRequest(1, at: at(10))
    #expect(table.opened(4, at: at(11)) == 2)
    #expect(table.count == 3)
  }

  @Test func `spares a request that is being answered, for a while`() {
    var table = table()
    for socket in 1...3 { _ = table.opened(Int32(socket), at: at(socket)) }
    table.beganRequest(1, at: at(4))
    // Those that ask for nothing give way to each other.
    for socket in 4...100 {
      #expect(table.opened(Int32(socket), at: at(socket)) == Int32(socket - 2))
    }
    // It takes too long, or its client does not read.
    #expect(table.opened(101, at: at(5200)) == 99)
    #expect(table.opened(102, at: at(5200)) == 100)
    #expect(table.opened(103, at: at(5200)) == 1)
    #expect(table.count == 3)
  }

  @Test func `requests that are being answered give way to each other`() {
    var table = table()
    for socket in 1...3 {
      _ = table.opened(Int32(socket), at: at(socket))
      table.beganRequest(Int32(socket), at: at(socket))
    }
    #expect(table.opened(4, at: at(10)) == 1)
    #expect(table.opened(5, at: at(11)) == 4)
  }

  @Test func `keeps a limit of none at one`() {
    var table = ConnectionTable(limit: 0, requestTimeout: .seconds(60))
    #expect(table.opened(1, at: at(0)) == nil)
    #expect(table.opened(2, at: at(1)) == 1)
  }

  @Test func `ends a request that takes longer than its time, not one that takes all of it`() {
    var table = table()
    _ = table.opened(1, at: at(0))
    #expect(look(&table, at: 60_000) == [])
    #expect(look(&table, at: 60_001) == [1])
    #expect(look(&table, at: 70_000) == [])
    #expect(table.count == 0)
  }

  @Test func `leaves a connection that waits for its next request`() {
    var table = table()
    _ = table.opened(1, at: at(0))
    table.finishedRequest(1, at: at(100))
    #expect(look(&table, at: 90_000, silence: .seconds(90)) == [])
    #expect(look(&table, at: 180_000, silence: .seconds(180)) == [])
  }

  @Test func `counts a later request from the byte that a look finds`() {
    var table = table()
    _ = table.opened(1, at: at(0))
    table.finishedRequest(1, at: at(100))
    #expect(look(&table, at: 1_000, silence: .milliseconds(300)) == [])
    #expect(look(&table, at: 60_700, silence: .zero) == [])
    #expect(look(&table, at: 60_701, silence: .zero) == [1])
  }

  @Test func `counts a request that was waiting already from its head`() {
    var table = table()
    _ = table.opened(1, at: at(0))
    table.finishedRequest(1, at: at(100))
    table.beganRequest(1, at: at(200))
    #expect(look(&table, at: 60_200) == [])
    #expect(look(&table, at: 60_201) == [1])
  }

  @Test func `takes ticks of the kernel for no byte`() {
    var table = table()
    _ = table.opened(1, at: at(0))
    table.finishedRequest(1, at: at(100))
    #expect(look(&table, at: 1_100, silence: .milliseconds(990)) == [])
    #expect(look(&table, at: 90_000, silence: .milliseconds(89_890)) == [])
  }

  @Test func `ends no connection of which the silence is unknown`() {
    var table = table()
    _ = table.opened(1, at: at(0))
    table.finishedRequest(1, at: at(100))
    #expect(look(&table, at: 100_000, silence: nil) == [])
    #expect(look(&table, at: 200_000, silence: nil) == [])
  }

  @Test func `forgets those that close`() {
    var table = table()
    for socket in 1...3 { _ = table.opened(Int32(socket), at: at(0)) }
    table.closed(1)
    #expect(table.opened(4, at: at(1)) == nil)
  }

  @Test func `does not take back one that it ended`() {
    var table = table()
    for socket in 1...4 { _ = table.opened(Int32(socket), at: at(socket)) }
    table.finishedRequest(1, at: at(9))
    table.beganRequest(1, at: at(9))
    table.closed(1)
    #expect(table.count == 3)
  }
}
