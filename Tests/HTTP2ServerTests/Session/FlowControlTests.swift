internal import GRPCWire
internal import HTTP2Server
internal import TestKit
internal import Testing

@Suite struct FlowControlTests {
  typealias Method = TestService.Method

  /// SETTINGS_INITIAL_WINDOW_SIZE.
  private static func window(_ size: UInt32) -> [(UInt16, UInt32)] { [(4, size)] }

  @Test(arguments: [1, 2, 7] as [UInt32])
  func `answers come through the smallest windows`(size: UInt32) throws {
    let server = try TestServer()
    let client = try server.connect(Self.window(size))
    let answer = try client.call(Method.echo.path, stream: 1, message: Array(0...99))
    #expect(answer.messages == [Array(0...99)])
    #expect(answer.status == "0")
    #expect(
      try client.call(Method.count.path, stream: 3, message: [20]).messages
        == (0..<20).map { [$0] })
  }

  @Test func `a window of zero holds the messages back and the trailers of an error not`() throws {
    let server = try TestServer()
    let client = try server.connect(Self.window(0))
    try client.send(RawClient.call(Method.echo.path, stream: 1, message: [1]).flatMap(\.bytes))
    #expect(try client.call(Method.fail.path, stream: 3).status == "9")
    try client.roundTrip()
    #expect(client.answers[1]?.data == [])
    #expect(client.answers[1]?.isEnded == false)
    try client.send(.windowUpdate(stream: 1, 100))
    #expect(try client.answer(on: 1).messages == [[1]])
  }

  @Test func `many calls behind shut windows are all answered once they open`() throws {
    let server = try TestServer { $0.maxConnectionMemory = 64 << 20 }
    let client = try server.connect(Self.window(0))
    let calls: Range<UInt32> = 0..<5000
    let frames = calls.flatMap {
      RawClient.call(
        Method.echo.path, stream: 2 * $0 + 1, message: [UInt8](repeating: 1, count: 90))
    }
    try client.send(frames.flatMap(\.bytes))
    try client.roundTrip()
    #expect(client.answers.values.allSatisfy { $0.data.isEmpty })
    try client.send(.settings([(4, 1000)]), .windowUpdate(stream: 0, 1 << 20))
    for call in calls {
      #expect(try client.answer(on: 2 * call + 1).status == "0")
    }
    try server.waitForStatistics { $0.streamsOpen == 0 }
  }

  @Test func `answers that no window lets through are bounded`() throws {
    let server = try TestServer()
    let client = try server.connect(Self.window(0))
    // Thirty answers of 1 MiB: beyond 16 MiB the rest is refused, for which no window is needed.
    for call in 0..<30 as Range<UInt32> {
      try client.send(
        RawClient.call(
          Method.big.path, stream: 2 * call + 1, message: UInt32(1 << 20).bigEndianBytes
        ).flatMap(\.bytes))
    }
    try client.read { client in client.answers.values.count { $0.status == "8" } == 15 }
    try client.roundTrip()
    #expect(client.answers.values.count { $0.status == nil } == 15)
  }

  @Test func `a stream that its client does not read is ended`() throws {
    let server = try TestServer()
    let client = try server.connect(Self.window(0))
    let answer = try client.call(Method.flood.path, stream: 1, message: [200])
    #expect(answer.status == "8")
    #expect(answer.data.isEmpty)
    try server.log.waitForEnds(of: .flood)
    #expect(server.log.ends(of: .flood) == [.resourceExhausted])
  }

  @Test func `the queue of a stream takes what its limit allows`() throws {
    let server = try TestServer()
    let client = try server.connect(Self.window(1 << 20) + [])
    try client.send(.windowUpdate(stream: 0, 4 << 20))
    // Ten messages of 100,000 bytes are less than 1 MiB.
    try client.send(RawClient.call(Method.flood.path, stream: 1, message: [10]).flatMap(\.bytes))
    try client.read { $0.answers[1]?.messages.count == 10 }
    #expect(client.answers[1]?.isEnded == false)
  }

  @Test func `a client that pipelines requests and reads no answers is made to wait`() throws {
    let server = try TestServer()
    let client = try server.connect(Self.window(0))
    let messages = (0..<1000).map { [UInt8($0 & 255), UInt8($0 >> 8)] }
    try client.send(.headers(stream: 1, RawClient.requestHeaders(Method.chat.path)))
    try client.send(.data(stream: 1, messages.flatMap { RawClient.framed($0) }, end: true))
    try client.roundTrip()
    let received = server.log.all.filter {
      if case .received = $0 { true } else { false }
    }
    #expect(received.count == 16)
    try client.send(.settings([(4, 65_535)]))
    let answer = try client.answer(on: 1)
    #expect(answer.messages == messages)
    #expect(answer.status == "0")
  }

  @Test func `a client that sends calls and reads nothing is held back by TCP`() throws {
    let server = try TestServer()
    let client = try RawClient(port: server.port, settings: [(4, 1 << 30)], receiveBuffer: 4096)
    try client.send(.windowUpdate(stream: 0, 1 << 30))
    // Each call of 170 bytes asks for 16,000: were all read, 160 MB would wait.
    var calls: [UInt8] = []
    for call in 0..<10_000 as Range<UInt32> {
      calls += RawClient.call(
        Method.big.path, stream: 2 * call + 1, message: UInt32(16_000).bigEndianBytes
      ).flatMap(\.bytes)
    }
    // A window update would wait behind the calls.
    client.returnsWindow = false
    let sent = client.sendUntilBlocked(calls, patience: 500)
    #expect(sent < calls.count)
    // What was sent and not read waits in the kernel's buffers.
    #expect(server.server.statistics.streamsOpened < 2000)
    // And it goes on where it stopped.
    try client.read { $0.answers[1]?.isEnded ?? false }
    #expect(client.answers[1]?.data.count == 16_005)
  }

  @Test func `incomplete requests are bounded`() throws {
    let server = try TestServer { $0.maxConnectionMemory = 16 << 20 }
    let client = try server.connect()
    // Each stream announces 4 MiB and sends all that its window takes, in turn.
    let prefix = [0] + UInt32(4_000_000).bigEndianBytes
    let chunk = [UInt8](repeating: 1, count: 16_000)
    let streams: [UInt32] = (0..<100).map { 2 * $0 + 1 }
    for stream in streams {
      try client.send(
        .headers(stream: stream, RawClient.requestHeaders(Method.echo.path)),
        .data(stream: stream, prefix, end: false))
    }
    for _ in 0..<11 {
      for stream in streams where client.answers[stream] == nil {
        try client.send(.data(stream: stream, chunk, end: false))
      }
      try client.roundTrip()
    }
    let refused = client.answers.values.filter { $0.status == "8" }
    // 17.6 MB were sent, 16 MiB may wait.
    #expect(refused.count > 0)
    #expect(refused.count < 50)
  }

  @Test func `thousands of calls on one connection are all answered`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let calls: Range<UInt32> = 0..<10_000
    for start in stride(from: calls.lowerBound, to: calls.upperBound, by: 500) {
      let frames = (start..<start + 500).flatMap {
        RawClient.call(Method.echo.path, stream: 2 * $0 + 1, message: $0.bigEndianBytes)
      }
      try client.send(frames.flatMap(\.bytes))
      for call in start..<start + 500 {
        let answer = try client.answer(on: 2 * call + 1)
        #expect(answer.messages == [call.bigEndianBytes])
      }
    }
    try server.waitForStatistics { $0.streamsOpen == 0 && $0.streamsOpened == 10_000 }
    #expect(server.log.ends(of: .echo).count == 10_000)
  }

  @Test func `thousands of streams may be open at once`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let calls: Range<UInt32> = 0..<3000
    let frames = calls.flatMap {
      RawClient.call(Method.watch.path, stream: 2 * $0 + 1, message: $0.bigEndianBytes)
    }
    try client.send(frames.flatMap(\.bytes))
    try client.read { $0.answers.count == calls.count }
    #expect(server.server.statistics.streamsOpen == calls.count)
    #expect(try client.call(Method.echo.path, stream: 9001, message: [1]).status == "0")
    // C15: a limit would hang calls that have no deadline.
    #expect(client.settings[3] == nil)
  }

  @Test func `a configured limit of streams is announced and kept`() throws {
    let server = try TestServer { $0.maxConcurrentStreams = 2 }
    let client = try server.connect()
    for stream in [1, 3, 5] as [UInt32] {
      try client.send(
        RawClient.call(Method.hold.path, stream: stream, message: []).flatMap(\.bytes))
    }
    // REFUSED_STREAM.
    #expect(try client.answer(on: 5).resetCode == 7)
    #expect(client.settings[3] == 2)
  }

  @Test func `a connection with much to do does not keep the others waiting`() throws {
    let server = try TestServer()
    let busy = try server.connect()
    let other = try server.connect()
    #expect(try other.call(Method.echo.path, stream: 1).status == "0")
    // Brings its fields into the dynamic table, so that each further call takes fifteen bytes.
    let fields = [
      (":path", "/no.Such/Method"), (":authority", "test"), ("te", "trailers"),
      ("content-type", "application/grpc"),
    ]
    var block: [UInt8] = []
    for (name, value) in fields {
      block += [0x40, UInt8(name.utf8.count)] + Array(name.utf8)
      block += [UInt8(value.utf8.count)] + Array(value.utf8)
    }
    func head(_ stream: UInt32, _ payload: [UInt8]) -> Frame {
      Frame(
        kind: .headers, flags: Frame.endHeaders | Frame.endStream, stream: stream,
        payload: [0x83, 0x86] + payload)
    }
    try busy.send(head(1, block))
    #expect(try busy.answer(on: 1).status == "12")
    // What is not read waits in the kernel's buffers: the server has calls to read without end.
    var calls: [UInt8] = []
    for call in 1..<20_000 as Range<UInt32> {
      calls += head(2 * call + 1, [0xC1, 0xC0, 0xBF, 0xBE]).bytes
    }
    _ = busy.sendUntilBlocked(calls, patience: 50)
    let before = server.server.statistics.streamsOpened
    #expect(try other.call(Method.echo.path, stream: 3).status == "0")
    // A turn of the busy connection ends by time, not by count: how many calls fit depends on the
    // build. All of them would be one turn without an end.
    #expect(server.server.statistics.streamsOpened - before < 19_999 - 1000)
  }
}
