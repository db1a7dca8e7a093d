internal import Dispatch
internal import EventLoop
internal import GRPCWire
internal import Testing

@testable internal import HTTP2Server

/// What happens when nghttp2 gets no memory, at each allocation of a connection in turn: the client is
/// answered or its connection ends, nothing is corrupted, nothing leaks, and the next one is served.
@Suite(.serialized) struct MemoryFailureTests {
  typealias Method = TestService.Method

  /// More allocations than any scenario has.
  private static let endless = 2_000

  /// Everything that makes nghttp2 ask for memory.
  enum Scenario: CaseIterable {
    case unary, errors, bigAnswer, streams, resets, settings

    func run(_ client: RawClient) throws {
      switch self {
      case .unary:
        for stream in [1, 3] as [UInt32] {
          let message = [UInt8](repeating: UInt8(stream), count: 300)
          let metadata = [("x-long", String(repeating: "v", count: 3_000)), ("x-short", "v")]
          try MemoryFailureTests.expect(
            try client.call(Method.echo.path, stream: stream, message: message, metadata),
            [message])
        }
      case .errors:
        for (stream, path) in [(1, Method.fail.path), (3, "/nowhere"), (5, "no path")] {
          let answer = try client.call(path, stream: UInt32(stream), message: Array("why".utf8))
          #expect(answer.resetCode != nil || answer.status != "0" && answer.messages == [])
        }
      case .bigAnswer:
        let count: UInt32 = 200_000
        try MemoryFailureTests.expect(
          try client.call(Method.big.path, stream: 1, message: count.bigEndianBytes),
          [[UInt8](repeating: 7, count: Int(count))])
      case .streams:
        try client.send(RawClient.call(Method.watch.path, stream: 1, message: [9]).flatMap(\.bytes))
        try MemoryFailureTests.expect(
          try client.call(Method.count.path, stream: 3, message: [20]),
          (0..<20).map { [$0] })
        try client.read { $0.answers[1]?.messages == [[9]] }
      case .resets:
        for stream in stride(from: 1, to: 21, by: 2) as StrideTo<UInt32> {
          try client.send(
            RawClient.call(Method.hold.path, stream: stream, message: []).flatMap(\.bytes))
          try client.send(.reset(stream: stream))
        }
        try client.roundTrip()
      case .settings:
        for window: UInt32 in [1 << 20, 1 << 14, 65_535] {
          let settings: [(UInt16, UInt32)] = [(4, window), (5, 32_768)]
          try client.send(Frame.settings(settings), Frame.ping())
          try client.send(Frame.windowUpdate(stream: 0, 1))
        }
        try client.roundTrip()
      }
    }
  }

  @Test(arguments: Scenario.allCases)
  func `a connection ends in order wherever its memory runs out`(scenario: Scenario) throws {
    for count in 0..<Self.endless {
      // A new server, because memory that was given back is kept and handed out again.
      let server = try TestServer { $0.allocate = FailingMemory.allocate }
      FailingMemory.fail(after: count)
      // What is not an answer is an end of the connection, never silence.
      do {
        try scenario.run(try server.connect())
      } catch is RawClient.Closed {}
      try server.waitForStatistics { $0.connectionsOpen == 0 }
      let hasFailed = FailingMemory.recover()
      let next = try server.connect()
      try Self.expect(try next.call(Method.echo.path, stream: 1, message: [1, 2, 3]), [[1, 2, 3]])
      next.shutOutput()
      try server.waitForStatistics { $0.connectionsOpen == 0 }
      server.server.stop()
      guard hasFailed else {
        // The session alone takes a dozen.
        #expect(count > 12)
        return
      }
    }
    Issue.record("the scenario never came to an end of its allocations")
  }

  @Test func `a connection that was ended for want of memory holds none while it lingers`() throws {
    let server = try TestServer { $0.allocate = FailingMemory.allocate }
    let bystander = try server.connect()
    try Self.expect(try bystander.call(Method.echo.path, stream: 1, message: [1]), [[1]])
    let client = try server.connect()
    try client.roundTrip()
    FailingMemory.fail(after: 0)
    let calls = stride(from: 1, to: 2_001, by: 2).flatMap { stream in
      RawClient.call(Method.echo.path, stream: stream, message: [1]).flatMap(\.bytes)
    }
    do {
      try client.send(calls)
      try client.readToEnd()
    } catch is RawClient.Closed {}
    #expect(FailingMemory.recover())
    // The client has not closed its side, so that its connection is still there for two seconds.
    try Self.expect(try bystander.call(Method.echo.path, stream: 3, message: [1]), [[1]])
    client.shutOutput()
    try server.waitForStatistics { $0.connectionsOpen == 1 }
    server.server.stop()
  }

  @Test func `a burst of calls in a time without memory ends its connection alone`() throws {
    let server = try TestServer { $0.allocate = FailingMemory.allocate }
    let bystander = try server.connect()
    try Self.expect(try bystander.call(Method.echo.path, stream: 1, message: [1]), [[1]])
    let client = try server.connect()
    try client.roundTrip()
    var burst: [UInt8] = []
    for stream in stride(from: 1, to: 6_001, by: 2) as StrideTo<UInt32> {
      burst += RawClient.call(Method.echo.path, stream: stream, message: [1]).flatMap(\.bytes)
    }
    FailingMemory.fail(after: 0)
    do {
      try client.send(burst)
      try client.readToEnd()
    } catch is RawClient.Closed {}
    #expect(FailingMemory.recover())
    try server.waitForStatistics { $0.connectionsOpen == 1 }
    try Self.expect(try bystander.call(Method.echo.path, stream: 3, message: [1]), [[1]])
    server.server.stop()
  }

  @Test func `a drain comes to its end wherever memory runs out`() throws {
    for count in 0..<Self.endless {
      let server = try TestServer { $0.allocate = FailingMemory.allocate }
      let client = try server.connect()
      try client.send(RawClient.call(Method.watch.path, stream: 1, message: [1]).flatMap(\.bytes))
      try client.read { $0.answers[1]?.messages == [[1]] }
      FailingMemory.fail(after: count)
      let done = server.drain()
      do { try client.readToEnd() } catch is RawClient.Closed {}
      client.shutOutput()
      #expect(done.wait(timeout: .now() + .seconds(5)) == .success)
      server.server.stop()
      guard FailingMemory.recover() else { return }
    }
    Issue.record("the drain never came to an end of its allocations")
  }

  /// An answer is what it should be, or says that there was no memory.
  private static func expect(_ answer: RawClient.Answer, _ messages: [[UInt8]]) throws {
    guard answer.resetCode == nil else { return }
    if answer.status == "0" {
      #expect(answer.messages == messages)
    } else {
      #expect(["8", "13", "14"].contains(answer.status))
    }
  }
}
