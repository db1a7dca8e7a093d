internal import EventLoop
internal import Testing

@Suite struct ListenAddressTests {
  @Test(
    arguments: [
      (":50051", nil, 50051), (":0", nil, 0), ("127.0.0.1:8082", "127.0.0.1", 8082),
      ("localhost:1", "localhost", 1), ("[::1]:65535", "::1", 65535), ("[::]:80", "::", 80),
      ("[fe80::1%eth0]:80", "fe80::1%eth0", 80),
    ] as [(String, String?, UInt16)])
  func `reads hosts and ports`(text: String, host: String?, port: UInt16) throws {
    let address = try #require(ListenAddress(text))
    #expect(address == ListenAddress(host: host, port: port))
    #expect(address.description == text)
  }

  @Test(arguments: [
    "", ":", "50051", "host", "host:", ":65536", ":99999999999999999999", ":-1", ":+1", ": 1",
    ":5005x", "::1:80", "[::1]", "[::1:80", "::1]:80", "[]:80", "[host]:80", "[[::1]]:80",
    "a b:80", "host:80:90", "[::1]x:80", "ho\u{0}st:80",
  ])
  func `takes nothing else`(text: String) {
    #expect(ListenAddress(text) == nil)
  }

  @Test func `port 0 becomes a port that all sockets share`() throws {
    let sockets = try ListeningSocket.open(ListenAddress(host: "127.0.0.1", port: 0), count: 3)
    let ports = Set(sockets.map(\.address.port))
    #expect(ports.count == 1)
    #expect(!ports.contains(0))
    #expect(sockets.count == 3)
  }

  @Test func `an error names the address and the reason`() throws {
    let sockets = try ListeningSocket.open(ListenAddress(host: "127.0.0.1", port: 0), count: 1)
    let port = sockets[0].address.port
    let error = #expect(throws: ListenError.self) {
      _ = try ListeningSocket.open(ListenAddress(host: "127.0.0.1", port: port), count: 1)
    }
    #expect(
      error?.description
        == "could not listen on 127.0.0.1:\(port): the address is in use by another process")
    withExtendedLifetime(sockets) {}
  }
}
