internal import EventLoop
internal import GRPCWire
internal import HTTP2Server
internal import Testing

/// Each limit of the server, at the limit and one past it. See docs/limits.md.
@Suite struct LimitTests {
  typealias Method = TestService.Method

  @Test func `as many connections as allowed are served, and one more is closed`() throws {
    let server = try TestServer(workers: 2) { $0.maxConnections = 3 }
    var clients = try (0..<3).map { _ in try server.connect() }
    for client in clients {
      #expect(try client.call(Method.echo.path, stream: 1).status == "0")
    }
    #expect(server.server.statistics.connectionsRefused == 0)
    let refused = try RawClient(port: server.port)
    #expect(try refused.readBytesToEnd().isEmpty)
    #expect(server.server.statistics.connectionsRefused == 1)
    #expect(server.entries.all.contains { $0.message.contains("--max-connections") })
    // A place that is given back is taken again.
    clients.removeLast().shutOutput()
    try server.waitForStatistics { $0.connectionsOpen == 2 }
    let late = try server.connect()
    #expect(try late.call(Method.echo.path, stream: 1).status == "0")
    withExtendedLifetime(clients) {}
  }

  @Test func `a client that does not open HTTP/2 in time is closed`() throws {
    let server = try TestServer { $0.handshakeTimeout = .milliseconds(100) }
    let silent = try RawClient(port: server.port)
    #expect(try silent.readBytesToEnd().isEmpty)
    try server.waitForStatistics { $0.connectionsClosed[.handshake] == 1 }
    // The preface without the SETTINGS is not enough.
    let slow = try RawClient(port: server.port)
    try slow.send(Frame.preface)
    _ = try slow.readBytesToEnd()
    try server.waitForStatistics { $0.connectionsClosed[.handshake] == 2 }
  }

  @Test func `a client that opened HTTP/2 may stay longer than the handshake`() throws {
    let server = try TestServer { $0.handshakeTimeout = .milliseconds(100) }
    let client = try server.connect()
    try client.roundTrip()
    let silent = try RawClient(port: server.port)
    #expect(try silent.readBytesToEnd().isEmpty)
    #expect(try client.call(Method.echo.path, stream: 1).status == "0")
  }

  @Test func `a connection that is too old ends its streams with OK and closes`() throws {
    let server = try TestServer { $0.maxConnectionAge = .milliseconds(200) }
    let client = try server.connect()
    try client.send(RawClient.call(Method.watch.path, stream: 1, message: [1]).flatMap(\.bytes))
    #expect(try client.answer(on: 1).status == "0")
    try client.readToEnd()
    #expect(client.goAways.map(\.code) == [0, 0])
    #expect(client.goAways.last?.last == 1)
    client.shutOutput()
    try server.waitForStatistics { $0.connectionsClosed[.age] == 1 }
  }

  @Test func `a connection without calls closes, one with a call stays`() throws {
    let server = try TestServer { $0.maxConnectionIdle = .milliseconds(200) }
    let busy = try server.connect()
    try busy.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
    try busy.roundTrip()
    let idle = try server.connect()
    try idle.readToEnd()
    idle.shutOutput()
    try server.waitForStatistics { $0.connectionsClosed[.idle] == 1 }
    try busy.roundTrip()
    #expect(busy.goAways.isEmpty)
  }

  @Test func `an answer that is not read for too long ends the call, and no other`() throws {
    let server = try TestServer { $0.stallTimeout = .milliseconds(200) }
    // No window: whatever is answered waits.
    let client = try server.connect([(4, 0)])
    let answer = try client.call(Method.echo.path, stream: 1, message: [1])
    #expect(answer.status == "8")
    #expect(answer.message?.contains("has not read") == true)
    #expect(server.server.statistics.streamsStalled == 1)
    let other = try server.connect()
    #expect(try other.call(Method.echo.path, stream: 1).status == "0")
    #expect(server.server.statistics.connectionsOpen == 2)
  }

  @Test(arguments: [(4096, "0"), (4097, "8")])
  func `a header list may be as long as allowed`(_ size: Int, _ status: String) throws {
    let server = try TestServer { $0.maxHeaderListSize = 4096 }
    let client = try server.connect()
    let headers = RawClient.requestHeaders(Method.echo.path)
    // RFC 9113, 6.5.2: name, value and 32 bytes for each field.
    let used = headers.map { $0.0.utf8.count + $0.1.utf8.count + 32 }.reduce(0, +)
    let filler = String(repeating: "x", count: size - used - 32 - 1)
    let answer = try client.call(Method.echo.path, stream: 1, [("x", filler)])
    #expect(answer.status == status || (status != "0" && answer.httpStatus == "431"))
    #expect(client.settings[6] == 4096)
  }

  @Test(arguments: [(1024, "0"), (1025, "8")])
  func `a message may be as long as allowed`(_ size: Int, _ status: String) throws {
    let server = try TestServer { $0.maxMessageSize = 1024 }
    let client = try server.connect()
    let message = [UInt8](repeating: 1, count: size)
    #expect(try client.call(Method.echo.path, stream: 1, message: message).status == status)
  }
}
