internal import GRPCWire
internal import HTTP2Server
internal import TestKit
internal import Testing

/// Requests that are not gRPC, and what nghttp2 would end a connection for.
@Suite struct ForeignRequestTests {
  typealias Method = TestService.Method

  private static let foreign = RawClient.requestHeaders("/", [("content-type", "text/html")])

  @Test func `a request that is not gRPC is answered once it has ended, with a short text`() throws
  {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(.headers(stream: 1, Self.foreign))
    try client.send(.data(stream: 1, [1, 2, 3], end: false))
    try client.roundTrip()
    #expect(client.answers[1]?.headers.isEmpty ?? true)
    try client.send(.data(stream: 1, [4], end: true))
    let answer = try client.answer(on: 1)
    #expect(answer.httpStatus == "415")
    #expect(answer.headers.first?["content-type"] == "text/plain; charset=utf-8")
    #expect(answer.headers.count == 1)
    #expect(answer.resetCode == nil)
    let text = String(decoding: answer.data, as: UTF8.self)
    #expect(text.hasPrefix("expected the content-type application/grpc"))
    #expect(try client.call(Method.echo.path, stream: 3, message: [1]).status == "0")
  }

  @Test func `a request that is not gRPC is judged as HTTP until it has ended`() throws {
    let server = try TestServer()
    let client = try server.connect()
    // RFC 9113, 8.1.1: less DATA than content-length says.
    try client.send(.headers(stream: 1, Self.foreign + [("content-length", "9")]))
    try client.send(.data(stream: 1, [1], end: true))
    let answer = try client.answer(on: 1)
    #expect(answer.resetCode == 1)
    #expect(answer.headers.isEmpty)
  }

  @Test func `HEAD gets no body`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let head = RawClient.requestHeaders("/", [(":method", "HEAD"), ("content-type", "text/html")])
    try client.send(.headers(stream: 1, head, end: true))
    let answer = try client.answer(on: 1)
    #expect(answer.httpStatus == "415")
    #expect(answer.data.isEmpty)
  }

  // MARK: Long fields

  private func long(_ stream: UInt32, _ count: Int) -> [UInt8] {
    let value = String(repeating: "x", count: count)
    let headers = RawClient.requestHeaders(Method.echo.path, [("x-long", value)])
    return Frame.split(.headers(stream: stream, headers)).flatMap(\.bytes)
  }

  @Test func `a field that is too long for nghttp2 lets the other calls finish`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(.headers(stream: 1, RawClient.requestHeaders(Method.watch.path)))
    try client.send(.data(stream: 1, RawClient.framed([7]), end: true))
    try client.send(.headers(stream: 3, RawClient.requestHeaders(Method.echo.path)))
    try client.roundTrip()
    try client.send(long(5, 66_000))
    try client.readToEnd()
    #expect(client.answers[1]?.status == "0")
    // Its request was not complete.
    #expect(client.answers[3]?.status == "8")
    #expect(client.goAways.map(\.code) == [11])
    #expect(server.server.statistics.limitsExceeded[.headerList] == 1)
  }

  @Test func `a field of 65,536 bytes costs its call alone`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(long(1, 65_536))
    #expect(try client.answer(on: 1).status == "8")
    #expect(try client.call(Method.echo.path, stream: 3, message: [1]).status == "0")
  }

  @Test func `a GOAWAY without an error is a farewell, whatever stream it names`() throws {
    let server = try TestServer()
    let client = try server.connect()
    #expect(try client.call(Method.echo.path, stream: 1, message: [1]).status == "0")
    // As grpc-go sends it: its own last stream.
    try client.send(Frame(kind: .goAway, flags: 0, stream: 0, payload: [0, 0, 0, 1, 0, 0, 0, 0]))
    try client.readToEnd()
    while server.server.statistics.connectionsOpen > 0 {}
    #expect(server.server.statistics.connectionsClosed[.peer] == 1)
  }
}
