internal import EventLoop
internal import Testing

struct NameLookupTests {
  private func lookUp(_ host: String) throws -> Result<[String], EventLoopError> {
    let loop = try EventLoop(name: "lookup")
    let thread = try loop.start()
    let reply = Reply<Result<[String], EventLoopError>>()
    loop.post {
      NameLookup.addresses(of: host, port: 8082, on: loop) { result in
        reply.give(result.map { $0.map(\.description) })
      }
    }
    let result = reply.wait(for: .seconds(30))
    loop.stop()
    thread.join()
    return try #require(result)
  }

  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1:8082"), ("::1", "[::1]:8082"), ("localhost", "127.0.0.1:8082"),
  ])
  func `Names and addresses become addresses with the port`(host: String, address: String) throws {
    #expect(try lookUp(host).get().contains(address))
  }

  @Test(arguments: ["", "a host with spaces", "300.1.1.1.1"])
  func `What is no name fails`(host: String) throws {
    #expect(throws: EventLoopError.self) { try lookUp(host).get() }
  }
}
