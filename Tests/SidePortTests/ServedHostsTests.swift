internal import Telemetry
internal import Testing

@testable internal import SidePort

/// What browsers may ask of the side port.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ServedHostsTests {
  private static let hosts = ServedHosts(["headstart.example.com."])

  @Test(
    arguments: [
      ("anything", nil, nil), (nil, nil, nil),
      ("localhost:8082", "http://localhost:8082", "same-origin"),
      ("LOCALHOST:8082", "http://localhost:8082", nil), ("127.0.0.1:8082", nil, "none"),
      ("[::1]:8082", "http://[::1]:8082", nil), ("10.0.0.7:8082", "http://10.0.0.7:8082", nil),
      ("headstart.example.com", "https://headstart.example.com", "same-origin"),
      ("Headstart.Example.com.", nil, "same-origin"),
      // A proxy in front that passes on a name of its own.
      ("localhost:8082", "https://headstart.example.com", "same-origin"),
    ] as [(String?, String?, String?)])
  func `own pages and other clients may ask`(host: String?, origin: String?, site: String?) {
    #expect(Self.hosts.refusal(host: host, origin: origin, site: site) == nil)
  }

  @Test(
    arguments: [
      ("localhost:8082", "http://evil.example", nil), ("localhost:8082", "null", nil),
      ("localhost:8082", "http://localhost:3000", nil), ("localhost:8082", "", nil),
      ("localhost:8082", nil, "cross-site"), ("localhost:8082", nil, "Cross-Site"),
      ("evil.example:8082", "http://evil.example:8082", "same-origin"),
      ("evil.example:8082", nil, "same-origin"), (nil, "http://localhost", nil),
      ("1.2.3.4.evil.example", nil, "none"), ("1.2.3", nil, "none"),
      ("headstart.example.com.evil.example", nil, "none"),
    ] as [(String?, String?, String?)])
  func `pages of others may not`(host: String?, origin: String?, site: String?) {
    let refusal = Self.hosts.refusal(host: host, origin: origin, site: site)
    #expect(refusal?.status == 403)
  }

  private func answer(_ head: String, method: String = "GET /livez") throws -> TestAnswer {
    let server = try SidePortServer(
      host: "127.0.0.1", port: 0, content: TestContent().content,
      metrics: HeadstartMetrics(version: "").sidePort)
    let client = try TestClient(port: server.port)
    client.send("\(method) HTTP/1.1\r\n\(head)\r\n\r\n")
    return try client.readAnswer()
  }

  @Test(arguments: [
    ("Host: x", 200), ("Host: x\r\nOrigin: http://x", 403),
    ("Host: x\r\nSec-Fetch-Site: none", 403), ("Host: x\r\nAccept-Language: de", 200),
    ("Host: localhost\r\nOrigin: http://localhost", 200),
    ("Host: localhost\r\nOrigin: http://evil.example", 403),
    ("Host: localhost\r\nSec-Fetch-Site: cross-site", 403),
  ])
  func `the side port looks at them`(head: String, status: Int) throws {
    #expect(try answer(head).status == status)
  }

  // MARK: The log level

  @Test(arguments: [
    ("", LogLevel.debug), (" debug\n", .debug), ("\"warn\"", .warning), ("ERROR", .error),
  ])
  func `a log level is read`(body: String, level: LogLevel) {
    #expect(LogLevelChange.level(in: Array(body.utf8)) == level)
  }

  @Test(arguments: ["loud", "\"", "\"\"", "{\"level\":\"debug\"}", "debug info", "\u{0}x"])
  func `another body is refused`(body: String) {
    #expect(LogLevelChange.level(in: Array(body.utf8)) == nil)
  }

  @Test func `without a token nobody changes the log level`() throws {
    let head = "Host: x\r\nContent-Length: 0"
    #expect(try answer(head, method: "PUT /api/v1/log-level").status == 403)
    #expect(try answer(head, method: "POST /api/v1/log-level").status == 405)
  }
}
