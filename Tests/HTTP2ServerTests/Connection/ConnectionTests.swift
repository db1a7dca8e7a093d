internal import EventLoop
internal import GRPCWire
internal import HTTP2Server
internal import TestKit
internal import Testing

@Suite struct ConnectionTests {
  typealias Method = TestService.Method

  // MARK: Clients that speak no HTTP/2

  @Test(arguments: ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /a.B/C HTTP/1.1\r\n\r\n"])
  func `an HTTP/1 request gets an answer that it can read`(request: String) throws {
    let server = try TestServer()
    let client = try RawClient(port: server.port)
    try client.send(Array(request.utf8))
    let answer = String(decoding: try client.readBytesToEnd(), as: UTF8.self)
    #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    #expect(answer.contains("gRPC"))
    client.shutOutput()
    try server.waitForStatistics { $0.connectionsClosed[.protocol] == 1 }
    #expect(server.entries.all.contains { $0.message.contains("an HTTP/1 request") })
    #expect(server.entries.all.allSatisfy { $0.level == .debug && $0.peer != nil })
  }

  @Test func `a TLS handshake is named in the log`() throws {
    let server = try TestServer()
    let client = try RawClient(port: server.port)
    try client.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC])
    #expect(try client.readBytesToEnd().isEmpty)
    client.shutOutput()
    try server.waitForStatistics { $0.connectionsClosed[.protocol] == 1 }
    #expect(server.entries.all.contains { $0.message.contains("a TLS handshake") })
  }

  @Test func `garbage closes the connection`() throws {
    let server = try TestServer()
    let client = try RawClient(port: server.port)
    try client.send([0, 1, 2, 3])
    #expect(try client.readBytesToEnd().isEmpty)
  }

  @Test func `a silent client costs nothing but its connection`() throws {
    let server = try TestServer()
    let silent = try RawClient(port: server.port)
    #expect(try server.connect().call(Method.echo.path, stream: 1).status == "0")
    withExtendedLifetime(silent) {}
  }

  @Test func `a broken frame ends in a GOAWAY`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
    try client.send(.windowUpdate(stream: 0, 0))
    try client.readToEnd()
    client.shutOutput()
    #expect(client.goAways.map(\.code) == [1])
    try server.log.waitForEnds(of: .hold)
    #expect(server.log.ends(of: .hold) == [.cancelled])
    try server.waitForStatistics { $0.connectionsClosed[.protocol] == 1 }
  }

  @Test func `pings are answered`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(.ping(Array(8...15)))
    try client.read { !$0.pings.isEmpty }
    #expect(client.pings == [.ping(Array(8...15), acknowledges: true)])
  }

  @Test func `a flood of pings whose answers are not read is cut off`() throws {
    let server = try TestServer()
    let client = try RawClient(port: server.port, settings: [], receiveBuffer: 4096)
    let pings = [[UInt8]](repeating: Frame.ping().bytes, count: 10_000).flatMap { $0 }
    var sent = 0
    while sent < 200 << 20, server.server.statistics.connectionsOpen > 0 || sent == 0 {
      let count = client.sendUntilBlocked(pings, patience: 200)
      sent += count
      // Held back by TCP is as good as cut off.
      if count < pings.count { break }
    }
    #expect(sent < 200 << 20)
    #expect(try server.connect().call(Method.echo.path, stream: 1).status == "0")
  }

  @Test func `calls that are opened and reset without end are cut off`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let method = RawClient.requestHeaders(Method.hold.path)
    for start in stride(from: 0 as UInt32, to: 30_000, by: 1000) {
      let frames = (start..<start + 1000).flatMap {
        [Frame.headers(stream: 2 * $0 + 1, method), Frame.reset(stream: 2 * $0 + 1)]
      }
      // The server may have closed already.
      guard (try? client.send(frames.flatMap(\.bytes))) != nil else { break }
    }
    try client.readToEnd()
    client.shutOutput()
    try server.waitForStatistics { $0.connectionsOpen == 0 && $0.streamsOpen == 0 }
    let ends = server.log.ends(of: .hold)
    #expect(ends.count >= 20_000)
    #expect(ends.count < 30_000)
    #expect(ends.allSatisfy { $0 == .cancelled })
  }

  @Test func `a client that goes away is closed for`() throws {
    let server = try TestServer()
    let client = try server.connect()
    #expect(try client.call(Method.echo.path, stream: 1).status == "0")
    client.shutOutput()
    try client.readToEnd()
    try server.waitForStatistics { $0.connectionsClosed[.peer] == 1 && $0.connectionsOpen == 0 }
  }

  @Test func `a client that resets the connection behind its last bytes is closed for`() throws {
    let server = try TestServer()
    for _ in 0..<20 {
      let client = try server.connect()
      try client.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
      client.resetConnection()
    }
    try server.waitForStatistics { $0.connectionsAccepted == 20 && $0.connectionsOpen == 0 }
    #expect(server.server.statistics.streamsOpen == 0)
    #expect(server.log.ends(of: .hold).allSatisfy { $0 == .cancelled })
  }

  @Test func `a client's own GOAWAY ends the connection after its calls`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(RawClient.call(Method.echo.path, stream: 1, message: [1]).flatMap(\.bytes))
    try client.send(Frame(kind: .goAway, payload: [0, 0, 0, 0, 0, 0, 0, 0]))
    #expect(try client.answer(on: 1).status == "0")
    try client.readToEnd()
  }

  // MARK: Addresses

  @Test func `all interfaces take IPv4`() throws {
    let server = try TestServer(address: ListenAddress(host: nil, port: 0))
    #expect(try server.connect().call(Method.echo.path, stream: 1).status == "0")
  }

  @Test(.enabled(if: RawClient.hasIPv6)) func `all interfaces take IPv6 too`() throws {
    let server = try TestServer(address: ListenAddress(host: nil, port: 0))
    #expect(server.server.boundAddress.hasPrefix("[::]"))
    let client = try RawClient(port: server.port, isIPv6: true)
    try client.send(Frame.preface + Frame.settings([(1, 0)]).bytes)
    #expect(try client.call(Method.echo.path, stream: 1).status == "0")
  }

  @Test(.enabled(if: RawClient.hasIPv6)) func `one address of IPv6`() throws {
    let address = try #require(ListenAddress("[::1]:0"))
    let server = try TestServer(address: address)
    #expect(server.server.boundAddress == "[::1]:\(server.port)")
    let client = try RawClient(port: server.port, isIPv6: true)
    try client.send(Frame.preface + Frame.settings([(1, 0)]).bytes)
    #expect(try client.call(Method.echo.path, stream: 1).status == "0")
  }

  @Test func `a name`() throws {
    let server = try TestServer(address: ListenAddress(host: "localhost", port: 0))
    #expect(server.server.boundAddress == "127.0.0.1:\(server.port)")
  }

  @Test func `a port in use is found although workers share theirs`() throws {
    let first = try TestServer(workers: 2)
    let address = ListenAddress(host: "127.0.0.1", port: first.port)
    #expect(
      throws: StartupError(
        "could not listen on 127.0.0.1:\(first.port): the address is in use by another process")
    ) {
      _ = try TestServer(address: address, workers: 2)
    }
    // All interfaces include the one in use.
    #expect(throws: StartupError.self) {
      _ = try TestServer(address: ListenAddress(host: nil, port: first.port))
    }
  }

  @Test func `an address of another machine is an error`() {
    #expect(
      throws: StartupError(
        "could not listen on 192.0.2.1:0: this machine has no such address")
    ) {
      _ = try TestServer(address: ListenAddress(host: "192.0.2.1", port: 0))
    }
  }

  @Test func `an unknown name is an error`() {
    #expect(throws: StartupError.self) {
      _ = try TestServer(address: ListenAddress(host: "no.such.name.invalid", port: 0))
    }
  }

  @Test func `workers share one port, and each has its own service`() throws {
    let server = try TestServer(workers: 3)
    let clients = try (0..<30).map { _ in try server.connect() }
    for client in clients {
      #expect(try client.call(Method.echo.path, stream: 1, message: [1]).status == "0")
    }
    #expect(server.server.statistics.connectionsAccepted == 30)
    let counter = EventLog()
    server.server.post { _ in counter.add(.willDrain, nil) }
    try counter.wait(for: 3) { $0 == .willDrain }
  }

  @Test func `bytes are counted`() throws {
    let server = try TestServer()
    let client = try server.connect()
    _ = try client.call(Method.echo.path, stream: 1, message: [UInt8](repeating: 1, count: 500))
    try server.waitForStatistics { $0.bytesReceived > 600 && $0.bytesSent > 500 }
  }
}
