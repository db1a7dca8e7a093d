internal import GRPCWire
internal import TestKit
internal import Testing
internal import Time

@testable internal import HTTP2Server

/// What the calls of all connections together may hold. See docs/limits.md.
@Suite struct CallMemoryTests {
  typealias Method = TestService.Method

  @Test(arguments: [
    (64 << 10, 0, true), ((64 << 10) + 1, 0, true), (768 << 10, 0, true),
    ((768 << 10) + 1, 0, false),
    (16 << 10, 48 << 10, true), (16 << 10, 64 << 10, true),
  ])
  func `a connection may have three quarters of the limit`(bytes: Int, others: Int, fits: Bool) {
    let memory = CallMemory(limit: 1 << 20)
    #expect(memory.take(bytes, besides: others) == fits)
    #expect(memory.taken == (fits ? bytes : 0))
  }

  @Test func `the last quarter is for connections that hold little`() {
    let memory = CallMemory(limit: 1 << 20)
    #expect(memory.take(768 << 10, besides: 0))
    #expect(!memory.take(16 << 10, besides: 64 << 10))
    for _ in 0..<4 { #expect(memory.take(64 << 10, besides: 0)) }
    #expect(!memory.take(1, besides: 0))
    memory.giveBack(16 << 10)
    #expect(!memory.take(16 << 10, besides: 64 << 10))
    #expect(memory.take(16 << 10, besides: 48 << 10))
  }

  @Test func `the calls of all connections share a limit, of which small ones keep a part`() throws
  {
    // Two workers, so that connections of different threads share it.
    let server = try TestServer(workers: 2) { $0.maxCallMemory = 1 << 20 }
    func hold(_ client: RawClient, _ calls: Range<UInt32>) throws {
      for call in calls {
        try client.send(
          RawClient.call(Method.hold.path, stream: 2 * call + 1, message: []).flatMap(\.bytes))
      }
      try client.roundTrip()
    }
    // 4 KiB are counted for each call, and three quarters of the limit are for everybody.
    let busy = try server.connect()
    try hold(busy, 0..<192)
    #expect(busy.answers.isEmpty)
    try hold(busy, 192..<193)
    let answer = try busy.answer(on: 385)
    #expect(answer.status == "8")
    #expect(answer.message?.contains("--max-call-memory") == true)
    #expect(server.server.statistics.limitsExceeded[.callMemory] == 1)
    // The last quarter is for connections with few calls: 64 KiB each, which are 16.
    let small = try (0..<4).map { _ in try server.connect() }
    for client in small {
      try hold(client, 0..<15)
      #expect(try client.call(Method.echo.path, stream: 99).status == "0")
    }
    try hold(small[0], 50..<52)
    #expect(try small[0].answer(on: 103).status == "8")
    // What is given back is there for the others.
    busy.resetConnection()
    try server.waitForStatistics { $0.callMemory < 320 << 10 }
    try hold(small[1], 50..<100)
    #expect(small[1].answers.values.allSatisfy { $0.status == "0" })
    for client in small { client.resetConnection() }
    try server.waitForStatistics { $0.connectionsOpen == 0 && $0.callMemory == 0 }
  }

  @Test func `unsent messages and incomplete requests count for the limit of all connections`()
    throws
  {
    let server = try TestServer { $0.maxCallMemory = 1 << 20 }
    let unread = try server.connect([(4, 0)])
    try unread.send(
      RawClient.call(
        Method.big.path, stream: 1, message: UInt32(500_000).bigEndianBytes
      ).flatMap(\.bytes))
    try unread.roundTrip()
    let partial = try server.connect()
    try partial.send(
      .headers(stream: 1, RawClient.requestHeaders(Method.echo.path)),
      .data(stream: 1, [0] + UInt32(1 << 20).bigEndianBytes, end: false))
    for _ in 0..<20 {
      try partial.send(.data(stream: 1, [UInt8](repeating: 1, count: 16_384), end: false))
      try partial.roundTrip()
    }
    #expect(try partial.answer(on: 1).status == "8")
    // Small calls of others go on.
    #expect(try server.connect().call(Method.echo.path, stream: 1).status == "0")
  }
}
