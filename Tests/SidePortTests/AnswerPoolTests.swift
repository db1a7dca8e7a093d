internal import Synchronization
internal import Telemetry
internal import Testing

@testable internal import SidePort

/// Answers that take long, and those that must not wait for them.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct AnswerPoolTests {
  /// Work that waits until the test lets it go.
  private final class Gate: Sendable {
    let opened = Semaphore()
    let begun = Mutex(0)

    func pass() {
      begun.withLock { $0 += 1 }
      opened.wait()
    }

    func untilBegun(_ count: Int) {
      while begun.withLock({ $0 < count }) {}
    }
  }

  @Test func `quick answers do not wait for those that take long`() throws {
    let gate = Gate()
    let router = Router(routes: [
      .get("/quick") { _, _ in .text("quick") },
      .large("/large") { _, _ in
        gate.pass()
        return .text("large")
      },
    ])
    let server = try SidePortServer(
      host: "127.0.0.1", port: 0, router: router,
      metrics: HeadstartMetrics(version: "").sidePort)
    let count = AnswerPool.threads + AnswerPool.capacity + 1
    let clients = try (0..<count).map { _ in try TestClient(port: server.port) }
    for (index, client) in clients.enumerated() {
      client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
      if index == AnswerPool.threads - 1 { gate.untilBegun(AnswerPool.threads) }
    }
    // One of them finds no place.
    let other = try TestClient(port: server.port)
    other.send("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try other.readAnswer().status == 200)
    for _ in clients { gate.opened.post() }
    let statuses = try clients.map { try $0.readAnswer().status }
    #expect(statuses.count { $0 == 503 } == 1)
    #expect(statuses.count { $0 == 200 } == count - 1)
  }

  @Test func `the end answers those who wait`() throws {
    let gate = Gate()
    let router = Router(routes: [
      .large("/large") { _, _ in
        gate.pass()
        return .text("large")
      }
    ])
    let server = try SidePortServer(
      host: "127.0.0.1", port: 0, router: router,
      metrics: HeadstartMetrics(version: "").sidePort)
    let clients = try (0..<4).map { _ in try TestClient(port: server.port) }
    for client in clients { client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n") }
    gate.untilBegun(AnswerPool.threads)
    for _ in clients { gate.opened.post() }
    server.stop()
    for client in clients {
      let text = client.readToEnd()
      #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 503") || text.hasPrefix("HTTP/1.1 200"))
    }
  }
}
