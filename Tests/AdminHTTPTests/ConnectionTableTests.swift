import Testing

@testable import AdminHTTP

struct ConnectionTableTests {
  private let start = ContinuousClock.now

  private func at(_ seconds: Int) -> ContinuousClock.Instant {
    start.advanced(by: .seconds(seconds))
  }

  /// Room for three: the library's limit less the reserve.
  private func table() -> ConnectionTable {
    ConnectionTable(limit: 3 + 8, requestTimeout: .seconds(60))
  }

  @Test func `ends none while there is room`() {
    var table = table()
    #expect(table.opened(1, at: at(0)) == [])
    #expect(table.opened(2, at: at(0)) == [])
    #expect(table.opened(3, at: at(60)) == [])
    #expect(table.count == 3)
  }

  @Test func `ends the longest waiting one when room runs out`() {
    var table = table()
    for socket in 1...3 { _ = table.opened(Int32(socket), at: at(socket)) }
    table.finishedRequest(1, at: at(10))
    #expect(table.opened(4, at: at(11)) == [2])
    #expect(table.count == 3)
  }

  @Test func `ends a request that takes longer than its time`() {
    var table = table()
    _ = table.opened(1, at: at(0))
    _ = table.opened(2, at: at(1))
    #expect(table.opened(3, at: at(61)) == [1])
    #expect(table.count == 2)
  }

  @Test func `forgets those that close`() {
    var table = table()
    for socket in 1...3 { _ = table.opened(Int32(socket), at: at(0)) }
    table.closed(1)
    #expect(table.opened(4, at: at(1)) == [])
  }

  @Test func `does not take back one that it ended`() {
    var table = table()
    for socket in 1...4 { _ = table.opened(Int32(socket), at: at(socket)) }
    table.finishedRequest(1, at: at(9))
    table.closed(1)
    #expect(table.count == 3)
  }
}
