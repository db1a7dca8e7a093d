internal import GRPCWire
internal import HTTP2Server
internal import Testing

@Suite struct CallTests {
  typealias Method = TestService.Method

  @Test func `a unary call gets headers, one message and trailers`() throws {
    let server = try TestServer()
    let answer = try server.connect().call(Method.echo.path, stream: 1, message: [1, 2, 3])
    #expect(
      answer.headers == [
        [
          ":status": "200", "content-type": "application/grpc", "grpc-accept-encoding": "identity",
        ],
        ["grpc-status": "0"],
      ])
    #expect(answer.messages == [[1, 2, 3]])
    try server.log.waitForEnds(of: .echo)
    #expect(server.log.all == [.received(0, [1, 2, 3]), .ended(0, .ok)])
  }
}
