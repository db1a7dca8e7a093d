internal import GRPCWire
internal import HTTP2Server
internal import TestKit
internal import Testing

/// Calls that are refused, for their headers or their bodies, and what is a limit for them.
@Suite struct RefusedCallTests {
  typealias Method = TestService.Method

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
    let frames = Frame.split(
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
        Frame.split(.headers(stream: stream, headers + [("x-long", long)])).flatMap(\.bytes))
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
}
