internal import EventLoop
internal import GRPCWire
internal import HTTP2Server
internal import TestKit
internal import Testing
internal import Time

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

  @Test func `the calls of a connection that is too old are cut off after the grace`() throws {
    let server = try TestServer {
      $0.maxConnectionAge = .milliseconds(100)
      $0.maxConnectionAgeGrace = .milliseconds(200)
    }
    let client = try server.connect()
    try client.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
    try client.readToEnd()
    #expect(client.goAways.map(\.code) == [0])
    #expect(client.answers[1] == nil)
    try server.waitForStatistics { $0.connectionsClosed[.age] == 1 }
    #expect(server.server.statistics.limitsExceeded[.ageGrace] == 1)
    #expect(server.log.ends(of: .hold) == [.cancelled])
  }

  @Test func `calls that are done within the grace are answered`() throws {
    let server = try TestServer {
      $0.maxConnectionAge = .milliseconds(100)
      $0.maxConnectionAgeGrace = .seconds(20)
    }
    let client = try server.connect()
    try client.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
    let rpcs = try server.log.wait { $0 == .received(Method.hold.rawValue, []) }
    try client.read { $0.goAways.count == 2 }
    server.server.post { $0.release(rpcs[0]) }
    #expect(try client.answer(on: 1).status == "0")
    try client.readToEnd()
    client.shutOutput()
    try server.waitForStatistics { $0.connectionsClosed[.age] == 1 }
    #expect(server.server.statistics.limitsExceeded[.ageGrace] == 0)
  }

  @Test func `a client that takes no byte at all is closed for`() throws {
    let server = try TestServer { $0.stallTimeout = .milliseconds(200) }
    let client = try RawClient(port: server.port, settings: [(4, 1 << 30)], receiveBuffer: 4096)
    try client.send(.windowUpdate(stream: 0, 1 << 30))
    // More than the kernel's buffers take.
    for stream in [1, 3, 5] as [UInt32] {
      try client.send(
        RawClient.call(
          Method.big.path, stream: stream, message: UInt32(5 << 20).bigEndianBytes
        ).flatMap(\.bytes))
    }
    try server.waitForStatistics { $0.connectionsClosed[.stalled] == 1 }
    #expect(server.server.statistics.limitsExceeded[.stall, default: 0] > 0)
    #expect(server.server.statistics.streamsOpen == 0)
    #expect(try server.connect().call(Method.echo.path, stream: 1).status == "0")
  }

  // MARK: Requests that are not complete

  @Test(arguments: [Method.echo, .count])
  func `a request that is not complete in time ends, and the connection goes on`(
    method: Method
  ) throws {
    let server = try TestServer { $0.requestTimeout = .milliseconds(200) }
    let client = try server.connect()
    try client.send(
      .headers(stream: 1, RawClient.requestHeaders(method.path)),
      .data(stream: 1, [0, 0, 0], end: false))
    let answer = try client.answer(on: 1)
    #expect(answer.status == "4")
    #expect(answer.message?.contains("was not complete within") == true)
    #expect(server.server.statistics.limitsExceeded[.requestTime] == 1)
    #expect(try client.call(Method.echo.path, stream: 3).status == "0")
  }

  @Test func `a complete request, and one without an end, may take any time`() throws {
    let server = try TestServer { $0.requestTimeout = .milliseconds(100) }
    let client = try server.connect()
    try client.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
    try client.send(.headers(stream: 3, RawClient.requestHeaders(Method.chat.path)))
    // By the time that this one has run out, the others would have.
    try client.send(.headers(stream: 5, RawClient.requestHeaders(Method.echo.path)))
    #expect(try client.answer(on: 5).status == "4")
    try client.send(.headers(stream: 7, RawClient.requestHeaders(Method.echo.path)))
    #expect(try client.answer(on: 7).status == "4")
    #expect(client.answers[1] == nil)
    #expect(client.answers[3] == nil)
  }

  @Test func `a header block that is not complete in time ends the connection`() throws {
    let server = try TestServer { $0.requestTimeout = .milliseconds(100) }
    let client = try server.connect()
    var head = Frame.headers(stream: 1, RawClient.requestHeaders(Method.echo.path))
    head.flags = 0
    // The client acknowledges the server's SETTINGS first, which it may not do in between.
    try client.roundTrip()
    try client.send(head)
    try client.readToEnd()
    try server.waitForStatistics { $0.connectionsClosed[.stalled] == 1 }
    #expect(server.server.statistics.limitsExceeded[.requestTime] == 1)
  }

  // MARK: Memory

  @Test func `as many calls are open as the memory of a connection allows`() throws {
    let server = try TestServer { $0.maxConnectionMemory = 1 << 20 }
    let client = try server.connect()
    // 4 KiB are counted for each call.
    for call in 0..<257 as Range<UInt32> {
      try client.send(
        RawClient.call(Method.hold.path, stream: 2 * call + 1, message: []).flatMap(\.bytes))
    }
    let answer = try client.answer(on: 513)
    #expect(answer.status == "8")
    #expect(answer.message?.contains("--max-connection-memory") == true)
    #expect(client.answers.count == 1)
    #expect(server.server.statistics.limitsExceeded[.memory] == 1)
    // A call that ends makes room for another.
    try client.send(.reset(stream: 1))
    #expect(try client.call(Method.echo.path, stream: 515).status == "0")
    #expect(try server.connect().call(Method.echo.path, stream: 1).status == "0")
  }

  @Test(arguments: [(0, nil), (1, "8")] as [(Int, String?)])
  func `incomplete requests count as memory`(excess: Int, status: String?) throws {
    let server = try TestServer { $0.maxConnectionMemory = 1 << 20 }
    let client = try server.connect()
    let size = 64 << 10
    // 15 calls with 64 KiB each, and one with what is left.
    let last = 1 << 20 - 15 * (size + 4096) - 4096 + excess
    for call in 0..<16 as Range<UInt32> {
      let stream = 2 * call + 1
      try client.send(
        .headers(stream: stream, RawClient.requestHeaders(Method.echo.path)),
        .data(stream: stream, [0] + UInt32(1 << 20).bigEndianBytes, end: false))
      var rest = call == 15 ? last : size
      while rest > 0 {
        let count = min(rest, 16_384)
        try client.send(.data(stream: stream, [UInt8](repeating: 1, count: count), end: false))
        rest -= count
      }
      try client.roundTrip()
    }
    if status != nil { _ = try client.answer(on: 31) }
    #expect(client.answers[31]?.status == status)
    #expect(client.answers.count == (status == nil ? 0 : 1))
  }

  @Test(arguments: [(0, nil), (1, "8")] as [(Int, String?)])
  func `answers that wait are bounded`(excess: Int, status: String?) throws {
    let server = try TestServer { $0.maxOutboundBuffer = 100_000 }
    let client = try server.connect([(4, 0)])
    for (stream, size) in [(1, 60_000), (3, 40_000 - 10 + excess)] as [(UInt32, Int)] {
      try client.send(
        RawClient.call(
          Method.big.path, stream: stream, message: UInt32(size).bigEndianBytes
        ).flatMap(\.bytes))
    }
    try client.roundTrip()
    if status != nil { _ = try client.answer(on: 3) }
    #expect(client.answers[3]?.status == status)
    #expect(
      server.server.statistics.limitsExceeded[.outboundBuffer] == (status == nil ? 0 : 1))
  }

  // MARK: Floods

  /// ENHANCE_YOUR_CALM.
  private static let calm: UInt32 = 11

  static let floods: [(ServerLimit, Frame, Int)] = [
    (.pings, .ping(acknowledges: true), 199), (.settings, .settings(), 8),
    (.priorities, Frame(kind: .priority, stream: 9, payload: [0, 0, 0, 7, 1]), 200),
    (.emptyFrames, .data(stream: 1, [], end: false), 200),
    (.windowUpdates, .windowUpdate(stream: 0, 1), 310),
    (.resets, .reset(stream: 1), 200),
  ]

  @Test(arguments: floods)
  func `as many frames as allowed are taken, and one more ends the connection`(
    limit: ServerLimit, frame: Frame, count: Int
  ) throws {
    let server = try TestServer {
      $0.floods.resets = 10
      $0.floods.control = 10
    }
    let client = try server.connect()
    try client.send(.headers(stream: 1, RawClient.requestHeaders(Method.chat.path)))
    // The counts leave room for the SETTINGS of the handshake, and the PING of the round trip.
    try client.send((0..<count).flatMap { _ in frame.bytes })
    try client.roundTrip()
    #expect(client.goAways.isEmpty)
    try client.send((0..<20).flatMap { _ in frame.bytes })
    try client.readToEnd()
    client.shutOutput()
    #expect(client.goAways.map(\.code) == [Self.calm])
    try server.waitForStatistics { $0.connectionsClosed[.flood] == 1 }
    #expect(server.server.statistics.limitsExceeded[limit] == 1)
    #expect(server.entries.all.contains { $0.message.contains(limit.rawValue) })
    #expect(server.server.statistics.streamsOpen == 0)
  }

  @Test func `streams that the server has to reset count as resets`() throws {
    let server = try TestServer { $0.floods.resets = 10 }
    let client = try server.connect()
    // Each window update overflows the window of a call that goes on behind it (CVE-2025-8671).
    for call in 0..<250 as Range<UInt32> {
      let stream = 2 * call + 1
      try? client.send(
        .headers(stream: stream, RawClient.requestHeaders(Method.hold.path)),
        .windowUpdate(stream: stream, 0x7FFF_FFFF))
    }
    try client.readToEnd()
    client.shutOutput()
    #expect(client.goAways.map(\.code) == [Self.calm])
    #expect(server.server.statistics.limitsExceeded[.resets] == 1)
  }

  @Test(arguments: [(8, nil), (9, 11)] as [(Int, UInt32?)])
  func `a header block may have as many CONTINUATION frames as allowed`(
    count: Int, code: UInt32?
  ) throws {
    let server = try TestServer()
    let client = try server.connect()
    var head = Frame.headers(stream: 1, RawClient.requestHeaders(Method.echo.path))
    head.flags = 0
    try client.send(head)
    for number in 1...count {
      let isLast = number == count
      try? client.send(
        Frame(kind: .continuation, flags: isLast ? Frame.endHeaders : 0, stream: 1))
    }
    if code == nil {
      try client.send(.data(stream: 1, RawClient.framed([1]), end: true))
      #expect(try client.answer(on: 1).status == "0")
    } else {
      try client.readToEnd()
      #expect(server.server.statistics.limitsExceeded[.continuations] == 1)
    }
    #expect(client.goAways.map(\.code) == (code.map { [$0] } ?? []))
  }

  @Test(arguments: [(50, nil), (51, 11)] as [(Int, UInt32?)])
  func `answers to PING that wait are bounded`(count: Int, code: UInt32?) throws {
    let server = try TestServer { $0.maxPendingAcks = 50 }
    let client = try server.connect()
    try client.roundTrip()
    // All in one read of the server, which answers behind it.
    try client.send((0..<count).flatMap { _ in Frame.ping().bytes })
    if code == nil {
      try client.read { $0.pings.count == count + 1 }
    } else {
      try client.readToEnd()
    }
    #expect(client.goAways.map(\.code) == (code.map { [$0] } ?? []))
    #expect(server.server.statistics.limitsExceeded[.pendingAcks] == (code == nil ? 0 : 1))
  }

  @Test func `a header list far beyond what is allowed ends the connection`() throws {
    let server = try TestServer { $0.maxHeaderListSize = 4096 }
    let client = try server.connect()
    // One field of 2 KiB in the dynamic table, then a byte for each further one (HPACK bomb).
    func bomb(_ count: Int, stream: UInt32) -> Frame {
      var frame = Frame.headers(stream: stream, RawClient.requestHeaders(Method.echo.path))
      frame.payload += [0x40, 1, UInt8(ascii: "x"), 0x7F, 0x81, 0x0F]
      frame.payload += [UInt8](repeating: UInt8(ascii: "v"), count: 2048)
      frame.payload += [UInt8](repeating: 0xBE, count: count)
      return frame
    }
    try client.send(bomb(5, stream: 1))
    #expect(try client.answer(on: 1).httpStatus == "431")
    #expect(server.server.statistics.limitsExceeded[.headerList] == 1)
    try client.send(bomb(4000, stream: 3))
    try client.readToEnd()
    #expect(client.goAways.map(\.code) == [Self.calm])
    #expect(server.server.statistics.limitsExceeded[.headerList] == 2)
  }
}
