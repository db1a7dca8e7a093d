internal import GRPCWire
internal import HTTP2Server
internal import TestKit
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
}
