import Synchronization
import Telemetry
import Testing

@testable import SidePort

/// Requests that are answered when something else is done.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct LaterAnswerTests {
  /// A server whose `/later` waits until the test answers.
  private final class Waiting: Sendable {
    let completions = Mutex<[Router.Completion]>([])

    func server() throws -> SidePortServer {
      let router = Router(routes: [
        .get("/now") { _, _ in .json { $0.field("answer", "now") } },
        .post("/later") { _, _, completion in
          self.completions.withLock { $0.append(completion) }
        },
      ])
      return try SidePortServer(
        host: "127.0.0.1", port: 0, router: router,
        metrics: HeadstartMetrics(version: "").sidePort)
    }

    /// Waits until so many wait.
    func arrivals(_ count: Int) -> [Router.Completion] {
      while true {
        let all = completions.withLock { $0 }
        if all.count >= count { return all }
      }
    }
  }

  private static let request = "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

  @Test func `Others are answered meanwhile, and the connection goes on`() throws {
    let waiting = Waiting()
    let server = try waiting.server()
    let client = try TestClient(port: server.port)
    client.send(Self.request)
    let completion = waiting.arrivals(1)[0]
    let other = try TestClient(port: server.port)
    other.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try other.readAnswer().status == 200)
    completion(.json(status: 202) { $0.field("answer", "later") })
    // The first answer counts.
    completion(.error(500, "twice"))
    #expect(try client.readAnswer().status == 202)
    client.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try client.readAnswer().status == 200)
    withExtendedLifetime(server) {}
  }

  @Test func `The end answers those who wait, and a late answer does no harm`() throws {
    let waiting = Waiting()
    let server = try waiting.server()
    let clients = try (0..<3).map { _ in try TestClient(port: server.port) }
    for client in clients { client.send(Self.request) }
    let completions = waiting.arrivals(3)
    server.stop()
    for completion in completions { completion(.error(500, "late")) }
    for client in clients {
      let text = client.readToEnd()
      #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 503"))
    }
  }

  @Test func `A client that has gone is answered into the void`() throws {
    let waiting = Waiting()
    let server = try waiting.server()
    do {
      let client = try TestClient(port: server.port)
      client.send(Self.request)
      _ = waiting.arrivals(1)
    }
    waiting.arrivals(1)[0](.error(500, "nobody hears it"))
    let other = try TestClient(port: server.port)
    other.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try other.readAnswer().status == 200)
  }
}
