internal import GRPCWire
internal import HTTP2Server
internal import TestKit
internal import Testing

/// Deadlines, cancellation, late answers and lost connections.
@Suite struct CallEndTests {
  typealias Method = TestService.Method

  @Test func `a deadline ends the call with DEADLINE_EXCEEDED`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(
      Method.hold.path, stream: 1, message: [1], [("grpc-timeout", "20m")])
    #expect(answer.status == "4")
    try server.log.waitForEnds(of: .hold)
    #expect(server.log.ends(of: .hold) == [.deadlineExceeded])
  }

  @Test func `a deadline ends a call whose body never comes`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      .headers(
        stream: 1, RawClient.requestHeaders(Method.echo.path, [("grpc-timeout", "20m")])))
    #expect(try client.answer(on: 1).status == "4")
    try client.read { $0.answers[1]?.resetCode == 0 }
  }

  @Test func `a deadline of zero ends the call before the service answers`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(
      Method.echo.path, stream: 1, message: [1], [("grpc-timeout", "0n")])
    #expect(answer.status == "4")
    try server.log.waitForEnds(of: .echo)
    #expect(server.log.all == [.ended(0, .deadlineExceeded)])
  }

  @Test func `a deadline ends a call whose answer the client does not take`() throws {
    let server = try TestServer()
    let client = try server.connect([(4, 0)])
    let answer = try client.call(
      Method.echo.path, stream: 1, message: [1], [("grpc-timeout", "20m")])
    #expect(answer.status == "4")
    #expect(answer.data.isEmpty)
    try server.log.waitForEnds(of: .echo)
    #expect(server.log.ends(of: .echo) == [.deadlineExceeded])
  }

  @Test func `the longest deadline is no deadline`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(
      Method.echo.path, stream: 1, message: [1], [("grpc-timeout", "99999999H")])
    #expect(answer.status == "0")
  }

  @Test func `a malformed deadline is INTERNAL`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(
      Method.echo.path, stream: 1, message: [1], [("grpc-timeout", "-5S")])
    #expect(answer.status == "13")
    #expect(answer.message?.hasPrefix("malformed grpc-timeout \"-5S\"") == true)
  }

  @Test func `many deadlines end many calls, each at its time`() throws {
    let server = try TestServer()
    let client = try server.connect()
    for number in 0..<200 as Range<UInt32> {
      let timeout = "\((number * 37) % 50 + 1)m"
      try client.send(
        RawClient.call(
          Method.hold.path, stream: 2 * number + 1, message: [], [("grpc-timeout", timeout)]
        ).flatMap(\.bytes))
    }
    try server.log.waitForEnds(of: .hold, count: 200)
    #expect(server.log.ends(of: .hold) == Array(repeating: .deadlineExceeded, count: 200))
  }

  @Test func `a cancelled call ends at once, and a late answer is harmless`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
    let rpcs = try server.log.wait { $0 == .received(Method.hold.rawValue, []) }
    let rpc = try #require(rpcs.first)
    try client.send(.reset(stream: 1))
    try server.log.waitForEnds(of: .hold)
    #expect(server.log.ends(of: .hold) == [.cancelled])
    server.server.post { $0.release(rpc) }
    try client.roundTrip()
    #expect(client.answers[1] == nil)
    #expect(try client.call(Method.echo.path, stream: 3, message: [1]).status == "0")
  }

  @Test func `an answer may come later`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
    let rpcs = try server.log.wait { $0 == .received(Method.hold.rawValue, []) }
    let rpc = try #require(rpcs.first)
    server.server.post { $0.release(rpc) }
    #expect(try client.answer(on: 1).messages == [[1]])
  }

  @Test func `a lost connection ends its calls exactly once`() throws {
    let server = try TestServer()
    do {
      let client = try server.connect()
      for stream in [1, 3, 5] as [UInt32] {
        try client.send(
          RawClient.call(Method.hold.path, stream: stream, message: []).flatMap(\.bytes))
      }
      try client.send(
        RawClient.call(Method.watch.path, stream: 7, message: [1]).flatMap(\.bytes))
      try client.send(.headers(stream: 9, RawClient.requestHeaders(Method.chat.path)))
      try server.log.wait { $0 == .opened(Method.chat.rawValue) }
    }
    try server.log.waitForEnds(of: .hold, count: 3)
    try server.log.waitForEnds(of: .watch)
    try server.log.waitForEnds(of: .chat)
    try server.waitForStatistics { $0.connectionsOpen == 0 && $0.streamsOpen == 0 }
    #expect(server.log.ends(of: .hold) == [.cancelled, .cancelled, .cancelled])
    #expect(server.log.ends(of: .watch) == [.cancelled])
    #expect(server.log.ends(of: .chat) == [.cancelled])
  }
}
