internal import Configuration
internal import HTTPClient
internal import TestKit
internal import Testing

@testable internal import Commands

/// What a running server is asked, and how its answers are taken.
struct SidePortClientTests {
  private static func client(
    _ server: String, tokenFile: String? = nil
  ) throws -> SidePortClient {
    try SidePortClient(server: server, tokenFile: tokenFile, caFile: nil)
  }

  /// What a server's answer becomes; it is asked for JSON.
  private static func ask(
    _ status: Int, _ body: String, _ contentType: String = "text/plain"
  ) throws -> String {
    let server = try ScriptedServer(
      always: .reply(status, body, headers: ["Content-Type: \(contentType)"]))
    defer { server.stop() }
    return try client(server.address).ask("/x", as: "application/json")
  }

  @Test func `a question has no body, and a change has one of JSON`() throws {
    let server = try ScriptedServer(
      always: .reply(201, "{}", headers: ["Content-Type: application/json"]))
    defer { server.stop() }
    // Slashes at the end of the address are not doubled.
    let client = try Self.client("\(server.address)//")
    #expect(try client.ask("/a?b=c", as: "application/json") == "{}")
    _ = try client.ask("/d", as: "application/json", method: .post, body: Array("[1]".utf8))
    _ = try client.ask("/e", as: "application/json", method: .delete)
    #expect(server.requests.map(\.method) == ["GET", "POST", "DELETE"])
    #expect(server.requests.map(\.target) == ["/a?b=c", "/d", "/e"])
    #expect(server.requests.map(\.body) == ["", "[1]", ""])
    #expect(
      server.requests.map { $0.headers["content-type"] } == [nil, "application/json", nil])
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == nil })
    #expect(
      server.requests.allSatisfy { $0.headers["accept"]?.hasPrefix("application/json,") == true })
  }

  @Test func `the token is read, and a file that is not there is named`() throws {
    let server = try ScriptedServer(
      always: .reply(200, "{}", headers: ["Content-Type: application/json"]))
    defer { server.stop() }
    let folder = try TemporaryFolder()
    let file = try folder.write("token", "s3cret\n")
    _ = try Self.client(server.address, tokenFile: file).ask("/", as: "application/json")
    #expect(server.requests.map { $0.headers["authorization"] } == ["Bearer s3cret"])
    let absent = folder.path("absent")
    let error = #expect(throws: (any Error).self) {
      try Self.client(server.address, tokenFile: absent).ask("/", as: "application/json")
    }
    #expect(error.map { "\($0)" }?.contains(absent) == true)
    #expect(server.requests.count == 1)
  }

  @Test func `what a terminal would obey is made visible, line breaks and tabs apart`() throws {
    let answer = try Self.ask(200, "a\u{1B}[31m\u{202E}b\tc\nd\u{7F}", "application/json")
    #expect(answer == "a\\u{1b}[31m\\u{202e}b\tc\nd\\u{7f}")
  }

  @Test func `what is wrong is the first line of the answer`() {
    #expect(throws: UsageError("no \\u{1b} policy")) {
      try Self.ask(404, "no \u{1B} policy\nand more\n")
    }
    #expect(throws: UsageError("status 400")) { try Self.ask(400, "") }
    let error = #expect(throws: UnreachableServer.self) {
      try Self.ask(500, "", "text/plain; charset=utf-8")
    }
    #expect(error?.sentence == "status 500")
  }

  @Test(arguments: [
    (200, "text/plain"), (200, "text/html"), (404, "text/html"),
    (404, "application/json"), (503, "text/html"),
  ])
  func `what the side port would not answer is another program's`(
    status: Int, contentType: String
  ) {
    let error = #expect(throws: UsageError.self) { try Self.ask(status, "x", contentType) }
    #expect(error?.description.contains("with status \(status)") == true)
    #expect(error?.description.contains("is --server right?") == true)
  }

  // MARK: The command line

  @Test(
    arguments: [
      ("web", nil, "default/web"), ("web", "shop", "shop/web"), ("shop/web", nil, "shop/web"),
      ("shop/web", "shop", "shop/web"), ("-/web", nil, "-/web"), ("a b/c%d", nil, "a%20b/c%25d"),
    ] as [(String, String?, String)])
  func `a policy is named with or without its namespace`(
    operand: String, namespace: String?, path: String
  ) throws {
    #expect(try SidePortClient.policy(operand, namespace: namespace) == path)
  }

  @Test(
    arguments: [
      ("", nil, "is not a policy"), ("a/", nil, "is not a policy"), ("/a", nil, "is not a policy"),
      ("a/b/c", nil, "is not a policy"), ("a", "", "--namespace is empty"),
      ("a/b", "c", "another namespace than --namespace c"), ("a/b", "", "another namespace"),
    ] as [(String, String?, String)])
  func `a policy that cannot be named so is refused`(
    operand: String, namespace: String?, words: String
  ) {
    let error = #expect(throws: UsageError.self) {
      try SidePortClient.policy(operand, namespace: namespace)
    }
    #expect(error?.description.contains(words) == true)
  }
}
