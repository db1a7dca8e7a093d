internal import Configuration
internal import TestKit
internal import Testing

@testable internal import Commands

/// `headstart explain` towards servers that answer with something else than a decision.
struct ExplainCommandTests {
  private static func explain(_ arguments: String...) throws -> Int32 {
    try ExplainCommand(arguments[...]).run()
  }

  @Test(arguments: [
    [], ["a", "b"], ["a/b/c"], ["/a"], ["a/"], ["a/b", "--namespace=c"], ["a", "--namespace="],
    ["a", "--server=example.com"], ["a", "--server=ftp://example.com"], ["a", "--at=soon"],
  ])
  func `a question that makes no sense is not asked`(arguments: [String]) {
    #expect(throws: UsageError.self) { try ExplainCommand(arguments[...]).run() }
  }

  @Test func `a password in the address stays out of the message`() {
    let error = #expect(throws: UsageError.self) {
      try Self.explain("a", "--server=http://user:hunter2@:0x")
    }
    #expect(error.map { "\($0)" }?.contains("hunter2") == false)
  }

  @Test func `asks for the policy, with the time and the token`() throws {
    let server = try ScriptedServer(
      always: .reply(404, "no such policy\n", headers: ["Content-Type: text/plain"]))
    defer { server.stop() }
    let folder = try TemporaryFolder()
    let token = try folder.write("token", "s3cret\n")
    #expect(throws: UsageError("no such policy")) {
      try Self.explain(
        "shop/my api", "--server=\(server.address)/", "--at=2027-01-15T08:00:00Z",
        "--token-file=\(token)")
    }
    let request = try #require(server.requests.first)
    #expect(request.target == "/api/v1/decisions/shop/my%20api?at=2027-01-15T08:00:00Z")
    #expect(request.headers["authorization"] == "Bearer s3cret")
    #expect(request.headers["accept"]?.hasPrefix("text/plain") == true)
  }

  @Test func `a server that is ill is told from a wrong question`() throws {
    let server = try ScriptedServer(
      always: .reply(503, "starting\n", headers: ["Content-Type: text/plain; charset=utf-8"]))
    defer { server.stop() }
    let error = #expect(throws: UnreachableServer.self) {
      try Self.explain("a", "--server=\(server.address)")
    }
    #expect(error?.sentence == "starting")
  }

  @Test func `another program's answer is not taken for Headstart's`() throws {
    let server = try ScriptedServer(
      always: .reply(200, "<html>", headers: ["Content-Type: text/html"]))
    defer { server.stop() }
    let error = #expect(throws: UsageError.self) {
      try Self.explain("a", "--server=\(server.address)")
    }
    #expect(error?.description.contains("is --server right?") == true)
  }

  @Test func `where no one listens, the sentence names the address`() throws {
    let port = try ScriptedServer.closedPort()
    let error = #expect(throws: UnreachableServer.self) {
      try Self.explain("a", "--server=http://127.0.0.1:\(port)")
    }
    #expect(error?.sentence.contains("127.0.0.1:\(port)") == true)
  }
}
