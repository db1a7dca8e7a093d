import Foundation
import Telemetry
import Testing
internal import Time

@testable import SidePort

@Suite(.serialized, .timeLimit(.minutes(5)))
struct SidePortServerTests {
  private func start(
    host: String = "127.0.0.1", port: UInt16 = 0, limits: ClientLimits = ClientLimits(),
    metrics: HeadstartMetrics = HeadstartMetrics(version: "")
  ) throws -> SidePortServer {
    try SidePortServer(
      host: host, port: port, content: TestContent().content, metrics: metrics.sidePort,
      limits: limits)
  }

  private func get(_ path: String, of server: SidePortServer) throws -> TestAnswer {
    let client = try TestClient(port: server.port)
    client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
    return try client.readAnswer()
  }

  @Test func `answers over a real connection, and again over the same one`() throws {
    let server = try start()
    let client = try TestClient(port: server.port)
    for path in ["/livez", "/nothing", "/metrics", "/%zz", "/healthz?x=%"] {
      client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try client.readAnswer()
      let expected = ["/nothing": 404, "/%zz": 400][path] ?? 200
      #expect(answer.status == expected)
      #expect(answer.headers["x-content-type-options"] == "nosniff")
    }
  }

  @Test func `answers requests that are sent at once, in order`() throws {
    let server = try start()
    let client = try TestClient(port: server.port)
    client.send(
      String(repeating: "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", count: 20)
        + "GET /end HTTP/1.1\r\nHost: x\r\n\r\n")
    for _ in 0..<20 { #expect(try client.readAnswer().status == 200) }
    #expect(try client.readAnswer().status == 404)
  }

  @Test func `takes a request byte by byte`() throws {
    let server = try start()
    let client = try TestClient(port: server.port)
    for byte in "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".utf8 { client.send([byte]) }
    #expect(try client.readAnswer().status == 200)
  }

  @Test(arguments: ["/metrics", "/healthz", "/nothing"])
  func `answers HEAD as GET without its body`(path: String) throws {
    let server = try start()
    let body = try get(path, of: server)
    let client = try TestClient(port: server.port)
    client.send("HEAD \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    let text = client.readToEnd()
    #expect(text.hasSuffix("\r\n\r\n"))
    let head = try #require(TestAnswer(Array(text.utf8), toHead: true))
    #expect(head.status == body.status)
    #expect(head.headers["content-type"] == body.headers["content-type"])
    // The numbers of /metrics move from one scrape to the next.
    if path != "/metrics" { #expect(head.headers["content-length"] == "\(body.body.utf8.count)") }
  }

  @Test func `refuses other methods and names those allowed`() throws {
    let server = try start()
    let client = try TestClient(port: server.port)
    client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
    let answer = try client.readAnswer()
    #expect(answer.status == 405)
    #expect(answer.headers["allow"] == "GET, HEAD")
    client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try client.readAnswer().status == 200)
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 65_537])
  func `hands a route the body up to 64 KiB`(size: Int) throws {
    let echo = Router.Route.post("/echo") { request, _, completion in
      completion(
        SidePortResponse(status: 200, contentType: "text/plain", body: request.body.reversed()))
    }
    let server = try SidePortServer(
      host: "127.0.0.1", port: 0, router: Router(routes: [echo]),
      metrics: HeadstartMetrics(version: "").sidePort)
    let client = try TestClient(port: server.port)
    let body = (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    for _ in 0..<2 {
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
      guard size <= 65_536 else {
        #expect(try client.readAnswer().status == 413)
        return
      }
      for start in stride(from: 0, to: size, by: 7_000) {
        client.send(Array(body[start..<min(start + 7_000, size)]))
      }
      let answer = try client.readAnswer()
      #expect(answer.status == 200)
      #expect(answer.body == String(decoding: body.reversed(), as: UTF8.self))
    }
  }

  @Test func `reads a body up to the limit and refuses a larger one`() throws {
    var limits = ClientLimits()
    limits.requestBody = 1000
    let server = try start(limits: limits)
    for (size, status) in [(0, 200), (1000, 200), (1001, 413)] {
      let client = try TestClient(port: server.port)
      client.send("GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
      if status == 200 { client.send([UInt8](repeating: 65, count: size)) }
      #expect(try client.readAnswer().status == status)
    }
    let client = try TestClient(port: server.port)
    client.send("GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    #expect(try client.readAnswer().status == 411)
  }

  @Test(arguments: [
    "\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n", "GET /a b c HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
    "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", "\r\n\r\n\r\n\r\n", "GET / HTTP/1.1\r\nHost",
  ])
  func `survives garbage`(garbage: String) throws {
    let server = try start()
    let client = try TestClient(port: server.port)
    client.send(garbage)
    shutdown(client.socket, Int32(SHUT_WR))
    let answer = client.readToEnd()
    #expect(answer.isEmpty || answer.hasPrefix("HTTP/1."))
    #expect(try get("/livez", of: server).status == 200)
  }

  @Test func `refuses a head that is too large`() throws {
    let server = try start()
    let client = try TestClient(port: server.port)
    client.send("GET /livez HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 200_000))
    let answer = client.readToEnd()
    #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"))
    #expect(try get("/livez", of: server).status == 200)
  }

  @Test func `closes a connection that stays silent`() throws {
    var limits = ClientLimits()
    limits.idleTimeout = .seconds(1)
    let server = try start(limits: limits)
    let client = try TestClient(port: server.port)
    client.send("GET /livez HT")
    #expect(!client.readToEnd().hasPrefix("HTTP/1.1 200"))
  }

  @Test func `keeps connections up to the limit, and beyond it ends the one that waits longest`()
    throws
  {
    var limits = ClientLimits()
    limits.connections = 4
    let metrics = HeadstartMetrics(version: "")
    let server = try start(limits: limits, metrics: metrics)
    let clients = try (0..<4).map { _ in
      let client = try TestClient(port: server.port)
      client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try client.readAnswer().status == 200)
      return client
    }
    // At the limit all of them are served; the first is then the one served last.
    for client in clients.reversed() {
      client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try client.readAnswer().status == 200)
    }
    #expect(metrics.sidePort.connections.value == 4)
    #expect(Self.ended(.displaced, metrics) == 0)

    #expect(try get("/livez", of: server).status == 200)
    #expect(clients[3].readToEnd().isEmpty)
    #expect(Self.ended(.displaced, metrics) == 1)
    clients[0].send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try clients[0].readAnswer().status == 200)
    #expect(metrics.sidePort.connectionsAccepted.value == 5)
  }

  private static func ended(_ reason: SidePortMetrics.EndReason, _ metrics: HeadstartMetrics) -> Int
  {
    let text = String(decoding: metrics.registry.exposition(.text), as: UTF8.self)
    let name = "headstart_http_connections_ended_total{reason=\"\(reason.rawValue)\"} "
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line.flatMap { Int($0.dropFirst(name.count)) } ?? -1
  }

  @Test func `lets new clients in although slow ones hold every place`() throws {
    var limits = ClientLimits()
    limits.connections = 16
    let server = try start(limits: limits)
    let slow = try (0..<200).map { _ in
      let client = try TestClient(port: server.port)
      client.send("GET /livez HTTP/1.1\r\nX: ")
      return client
    }
    for _ in 0..<20 { #expect(try get("/livez", of: server).status == 200) }
    #expect(slow[0].readToEnd().isEmpty)
  }

  @Test(arguments: ["", "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"])
  func `ends a request that takes longer than its time, and no other`(before: String) throws {
    var limits = ClientLimits()
    limits.requestTimeout = .seconds(1)
    let metrics = HeadstartMetrics(version: "")
    let server = try start(limits: limits, metrics: metrics)
    let slow = try TestClient(port: server.port)
    let pausing = try TestClient(port: server.port)
    pausing.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try pausing.readAnswer().status == 200)
    if !before.isEmpty {
      slow.send(before)
      #expect(try slow.readAnswer().status == 200)
    }
    slow.send("GET /li")
    // A byte every 20 ms, as a slow client sends them; what is overdue is looked for as the process
    // has it done, until it is over.
    let begin = ContinuousClock.now
    while Self.ended(.requestTimeout, metrics) == 0, ContinuousClock.now < begin + .seconds(60) {
      server.endOverdueRequests()
      usleep(20_000)
      slow.send("v")
    }
    // The limit is a second: bytes that come do not bring the end nearer.
    #expect(begin.duration(to: .now) >= .milliseconds(900))
    #expect(slow.readToEnd().isEmpty)
    #expect(Self.ended(.requestTimeout, metrics) == 1)
    pausing.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try pausing.readAnswer().status == 200)
  }

  @Test func `serves many clients at once`() async throws {
    let server = try start()
    let port = server.port
    let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 {
        group.addTask {
          let client = try TestClient(port: port)
          client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
          return try client.readAnswer().status
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses == Array(repeating: 200, count: 50))
  }

  @Test(arguments: ["", "::"])
  func `listens on every interface, by IPv4 and IPv6`(host: String) throws {
    let server = try start(host: host)
    for ipv6 in [false, true] {
      let client = try TestClient(port: server.port, ipv6: ipv6)
      client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try client.readAnswer().status == 200)
    }
  }

  @Test func `leaves a plus in a parameter as it is`() throws {
    let answer = try get(
      "/api/v1/decisions/default/my-api?at=2026-11-20T23:00:00+01:00", of: try start())
    #expect(answer.status == 200)
  }

  @Test func `decodes an escaped blank of a parameter`() throws {
    let answer = try get("/api/v1/policies?state=a%20b+c", of: try start())
    #expect(answer.status == 400)
    #expect(answer.body.contains("\"a b+c\"") || answer.body.contains(#"\"a b+c\""#))
  }

  @Test(arguments: ["localhost", "::1"])
  func `listens on a name or on IPv6`(host: String) throws {
    let server = try start(host: host)
    #expect(server.port != 0)
  }

  @Test(arguments: ["", "127.0.0.1", "::1"])
  func `says so when the port is taken`(host: String) throws {
    let first = try start(host: host)
    let error = #expect(throws: SidePortError.self) {
      try start(host: host, port: first.port)
    }
    let shown = host.contains(":") ? "[\(host)]" : host
    #expect(
      error?.description == "the side port cannot listen on \(shown):\(first.port): "
        + "Address already in use; free it or choose another with --http-listen")
  }

  @Test(arguments: ["192.0.2.1", "no.such.host.invalid"])
  func `says so when the address is not of this machine`(host: String) throws {
    let error = #expect(throws: SidePortError.self) { try start(host: host) }
    #expect(error?.description.hasPrefix("the side port cannot listen on \(host):0: ") == true)
    #expect(error?.description.hasSuffix("with --http-listen") == true)
  }

  @Test func `frees the port when it stops, with clients connected`() throws {
    let server = try start()
    let client = try TestClient(port: server.port)
    client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /li")
    #expect(try client.readAnswer().status == 200)
    server.stop()
    server.stop()
    #expect(client.readToEnd().isEmpty)
    #expect(throws: (any Error).self) { try TestClient(port: server.port) }
    let second = try start(port: server.port)
    #expect(second.port == server.port)
  }

  @Test func `stops and lets go of its content when it is dropped`() throws {
    weak var kept: TestContent?
    let port: UInt16
    do {
      let content = TestContent()
      kept = content
      let server = try SidePortServer(
        host: "127.0.0.1", port: 0, content: content.content, metrics: content.metrics.sidePort)
      port = server.port
      #expect(try get("/healthz", of: server).status == 200)
    }
    #expect(kept == nil)
    #expect(throws: (any Error).self) { try TestClient(port: port) }
  }
}
