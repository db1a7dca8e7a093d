internal import GRPCWire
internal import HTTP2Server
internal import Testing

@Suite struct CallTests {
  typealias Method = TestService.Method

  static let headers = [":status": "200", "content-type": "application/grpc"]

  // MARK: Kinds of calls

  @Test func `a unary call gets headers, one message and trailers`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(Method.echo.path, stream: 1, message: [1, 2, 3])
    #expect(answer.headers == [Self.headers, ["grpc-status": "0"]])
    #expect(answer.messages == [[1, 2, 3]])
    #expect(answer.resetCode == nil)
    try server.log.waitForEnds(of: .echo)
    #expect(server.log.all == [.received(0, [1, 2, 3]), .ended(0, .ok)])
  }

  @Test func `a server-streaming call gets its messages and trailers`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(Method.count.path, stream: 1, message: [5])
    #expect(answer.headers == [Self.headers, ["grpc-status": "0"]])
    #expect(answer.messages == [[0], [1], [2], [3], [4]])
  }

  @Test func `a stream that ends before its first message has trailers only`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(Method.count.path, stream: 1, message: [0])
    #expect(answer.headers == [Self.headers.merging(["grpc-status": "0"]) { $1 }])
    #expect(answer.data.isEmpty)
  }

  @Test func `a bidirectional call answers each message as it comes`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(.headers(stream: 1, RawClient.requestHeaders(Method.chat.path)))
    for number in 1...3 as ClosedRange<UInt8> {
      try client.send(.data(stream: 1, RawClient.framed([number]), end: false))
      try client.read { $0.answers[1]?.messages.count == Int(number) }
    }
    try client.send(.data(stream: 1, [], end: true))
    let answer = try client.answer(on: 1)
    #expect(answer.messages == [[1], [2], [3]])
    #expect(answer.status == "0")
    #expect(answer.resetCode == nil)
    try server.log.waitForEnds(of: .chat)
    let method = Method.chat.rawValue
    #expect(
      server.log.all == [
        .opened(method), .received(method, [1]), .received(method, [2]), .received(method, [3]),
        .halfClosed(method), .ended(method, .ok),
      ])
  }

  @Test func `a failed call has trailers only, with the message percent-encoded`() throws {
    let server = try TestServer()
    let text = "100 % of Zürich\nis → gone"
    let answer = try server.connect().call(
      Method.fail.path, stream: 1, message: Array(text.utf8))
    #expect(answer.headers.count == 1)
    #expect(answer.httpStatus == "200")
    #expect(answer.status == "9")
    #expect(answer.message == "100 %25 of Z%C3%BCrich%0Ais %E2%86%92 gone")
    try server.log.waitForEnds(of: .fail)
    #expect(server.log.ends(of: .fail) == [.failedPrecondition])
  }

  @Test func `an empty message is a message`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(Method.echo.path, stream: 1)
    #expect(answer.messages == [[]])
    #expect(answer.status == "0")
  }

  // MARK: Framing

  @Test func `a call may come byte by byte`() throws {
    let server = try TestServer()
    let client = try RawClient(port: server.port)
    var frames = [Frame.settings([(1, 0)])]
    frames.append(.headers(stream: 1, RawClient.requestHeaders(Method.echo.path)))
    frames += RawClient.framed([1, 2, 3]).map { .data(stream: 1, [$0], end: false) }
    frames.append(.data(stream: 1, [], end: true))
    for byte in Frame.preface + frames.flatMap(\.bytes) {
      try client.send([byte])
    }
    #expect(try client.answer(on: 1).messages == [[1, 2, 3]])
  }

  @Test func `several messages may share a DATA frame`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let messages = (0..<10).map { [UInt8](repeating: $0, count: Int($0) * 30) }
    try client.send(
      .headers(stream: 1, RawClient.requestHeaders(Method.chat.path)),
      .data(stream: 1, messages.flatMap { RawClient.framed($0) }, end: true))
    let answer = try client.answer(on: 1)
    #expect(answer.messages == messages)
    #expect(answer.status == "0")
  }

  @Test func `a long message may span many frames and windows`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let message = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try client.send(.headers(stream: 1, RawClient.requestHeaders(Method.echo.path)))
    let body = RawClient.framed(message)
    for start in stride(from: 0, to: body.count, by: 16_384) {
      let end = min(start + 16_384, body.count)
      // What the server gives back, which starts from its SETTINGS.
      try client.read { client in
        let window = 65_535 + Int(client.windowUpdates[0] ?? 0)
        let initial = Int(client.settings[4] ?? 65_535)
        let streamWindow = initial + Int(client.windowUpdates[1] ?? 0)
        return min(window, streamWindow) >= end
      }
      try client.send(.data(stream: 1, Array(body[start..<end]), end: end == body.count))
    }
    let answer = try client.answer(on: 1)
    #expect(answer.messages == [message])
    #expect(answer.status == "0")
  }

  @Test func `headers may be continued in further frames`() throws {
    let server = try TestServer()
    let client = try server.connect()
    var head = Frame.headers(stream: 1, RawClient.requestHeaders(Method.echo.path))
    let rest = Array(head.payload[20...])
    head.payload = Array(head.payload[..<20])
    head.flags = 0
    try client.send(
      head,
      Frame(kind: .continuation, flags: Frame.endHeaders, stream: 1, payload: rest),
      .data(stream: 1, RawClient.framed([4]), end: true))
    #expect(try client.answer(on: 1).messages == [[4]])
  }

  @Test func `trailers of a request end it`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      .headers(stream: 1, RawClient.requestHeaders(Method.echo.path)),
      .data(stream: 1, RawClient.framed([4]), end: false),
      .headers(stream: 1, [("x-checksum", "1")], end: true))
    #expect(try client.answer(on: 1).messages == [[4]])
  }

  @Test func `padding is no part of a message`() throws {
    let server = try TestServer()
    let client = try server.connect()
    var data = Frame.data(stream: 1, [3] + RawClient.framed([4, 5]) + [0, 0, 0], end: true)
    data.flags |= 8
    try client.send(.headers(stream: 1, RawClient.requestHeaders(Method.echo.path)), data)
    #expect(try client.answer(on: 1).messages == [[4, 5]])
  }

  // MARK: Refused calls

  @Test func `an unknown method is UNIMPLEMENTED and named, before its body`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(.headers(stream: 1, RawClient.requestHeaders("/no.Such/Method")))
    let answer = try client.answer(on: 1)
    #expect(answer.httpStatus == "200")
    #expect(answer.status == "12")
    #expect(answer.message == "this server has no method /no.Such/Method")
    // The client need not send the rest.
    try client.read { $0.answers[1]?.resetCode != nil }
    #expect(client.answers[1]?.resetCode == 0)
    #expect(server.server.statistics.callsRefused == 1)
  }

  @Test func `what still comes for a refused call is dropped, and its window given back`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let chunk = [UInt8](repeating: 0, count: 16_384)
    // Four connection windows in all, on streams that are gone.
    for call in 0..<256 as Range<UInt32> {
      let stream = 2 * call + 1
      try client.send(
        .headers(stream: stream, RawClient.requestHeaders("/no.Such/Method")),
        .data(stream: stream, chunk, end: true))
      #expect(try client.answer(on: stream).status == "12")
    }
    let answer = try client.call(Method.echo.path, stream: 1001, message: [1])
    #expect(answer.status == "0")
    #expect(client.windowUpdates[0, default: 0] > 3 << 20)
  }

  @Test(arguments: [
    ("content-type", "application/json", "415"), ("content-type", "", "415"),
    ("content-type", "application/grpc-web", "415"), (":method", "GET", "405"),
    ("x-long", String(repeating: "x", count: 65_536), "431"),
  ])
  func `what is no gRPC call gets an HTTP status`(
    name: String, value: String, status: String
  ) throws {
    let server = try TestServer()
    let client = try server.connect()
    let frames = Self.split(
      .headers(
        stream: 1, RawClient.requestHeaders(Method.echo.path, [(name, value)]), end: true))
    try client.send(frames.flatMap(\.bytes))
    let answer = try client.answer(on: 1)
    #expect(answer.httpStatus == status)
    #expect(try client.call(Method.echo.path, stream: 3, message: [1]).status == "0")
    #expect(server.log.ends(of: .echo).count <= 1)
  }

  @Test func `the largest headers that are announced are taken`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.roundTrip()
    let limit = Int(try #require(client.settings[6]))
    let headers = RawClient.requestHeaders(Method.echo.path, [("x-long", "")])
    let size = headers.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 } + 6 + 32
    for (stream, extra, status) in [(1, 0, "200"), (3, 1, "431")] as [(UInt32, Int, String)] {
      let long = String(repeating: "x", count: limit - size + extra)
      try client.send(
        Self.split(.headers(stream: stream, headers + [("x-long", long)])).flatMap(\.bytes))
      try client.send(.data(stream: stream, RawClient.framed([1]), end: true))
      #expect(try client.answer(on: stream).httpStatus == status)
    }
  }

  @Test func `an encoding other than identity is UNIMPLEMENTED`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(
      Method.echo.path, stream: 1, message: [1], [("grpc-encoding", "gzip")])
    #expect(answer.status == "12")
    #expect(answer.headers.first?["grpc-accept-encoding"] == "identity")
  }

  @Test func `a compressed message without an encoding is INTERNAL`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      .headers(stream: 1, RawClient.requestHeaders(Method.echo.path)),
      .data(stream: 1, [1, 0, 0, 0, 1, 9], end: true))
    #expect(try client.answer(on: 1).status == "13")
    try server.log.waitForEnds(of: .echo)
    #expect(server.log.all == [.ended(0, .internal)])
  }

  @Test func `a message may be as long as the limit, and one byte more is refused at its prefix`()
    throws
  {
    let server = try TestServer { $0.maxMessageSize = 1000 }
    let client = try server.connect()
    let message = [UInt8](repeating: 1, count: 1000)
    #expect(try client.call(Method.echo.path, stream: 1, message: message).messages == [message])
    try client.send(
      .headers(stream: 3, RawClient.requestHeaders(Method.echo.path)),
      .data(stream: 3, [0] + UInt32(1001).bigEndianBytes, end: false))
    let answer = try client.answer(on: 3)
    #expect(answer.status == "8")
    #expect(
      answer.message == "a message of 1001 bytes is longer than the 1000 bytes that are accepted")
  }

  @Test func `the default limit is 4 MiB`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      .headers(stream: 1, RawClient.requestHeaders(Method.echo.path)),
      .data(stream: 1, [0] + UInt32(4_194_305).bigEndianBytes, end: false),
      .headers(stream: 3, RawClient.requestHeaders(Method.hold.path)),
      .data(stream: 3, [0] + UInt32(4_194_304).bigEndianBytes, end: false))
    #expect(try client.answer(on: 1).status == "8")
    try client.roundTrip()
    #expect(client.answers[3] == nil)
  }

  @Test(arguments: [[], [0], [0, 0, 0, 0, 2, 1], [0, 0, 0, 0, 0, 0]] as [[UInt8]])
  func `a unary request with a body that is not one message is INTERNAL`(body: [UInt8]) throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      .headers(stream: 1, RawClient.requestHeaders(Method.echo.path)),
      .data(stream: 1, body, end: true))
    #expect(try client.answer(on: 1).status == "13")
    try server.log.waitForEnds(of: .echo)
    #expect(server.log.all == [.ended(0, .internal)])
  }

  @Test func `a request without a body is INTERNAL`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(.headers(stream: 1, RawClient.requestHeaders(Method.echo.path), end: true))
    let answer = try client.answer(on: 1)
    #expect(answer.status == "13")
    #expect(answer.message == "expected exactly one request message, found none")
  }

  @Test func `a second message on a unary call is INTERNAL`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      .headers(stream: 1, RawClient.requestHeaders(Method.echo.path)),
      .data(stream: 1, RawClient.framed([1]) + RawClient.framed([2]), end: true))
    let answer = try client.answer(on: 1)
    #expect(answer.status == "13")
    #expect(answer.message == "expected exactly one request message, found a second one")
    #expect(server.log.all.contains(.received(0, [1])) == false)
  }

  // MARK: Deadlines and cancellation

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

  /// A frame whose header block is too long for one, in several.
  private static func split(_ frame: Frame) -> [Frame] {
    var frames: [Frame] = []
    var rest = frame.payload[...]
    repeat {
      let part = Array(rest.prefix(16_384))
      rest = rest.dropFirst(part.count)
      frames.append(
        Frame(
          kind: frames.isEmpty ? .headers : .continuation,
          flags: (frames.isEmpty ? frame.flags & Frame.endStream : 0)
            | (rest.isEmpty ? Frame.endHeaders : 0),
          stream: frame.stream, payload: part))
    } while !rest.isEmpty
    return frames
  }
}
