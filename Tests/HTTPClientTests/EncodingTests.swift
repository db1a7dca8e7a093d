internal import TestKit
internal import Testing

@testable internal import HTTPClient

/// Answers that come compressed.
@Suite struct EncodingTests {
  /// "hello, decoded".
  private static let hello: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 215, 81, 72, 73, 77, 206, 79, 73, 77,
    1, 0, 119, 173, 182, 48, 14, 0, 0, 0,
  ]
  /// 1001 times the same letter.
  private static let many: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 75, 76, 28, 5, 163, 96, 20, 12, 123, 0, 0, 35, 215, 36, 113,
    233, 3, 0, 0,
  ]

  private static func reply(
    _ body: [UInt8], status: Int = 200, encoding: String = "gzip"
  ) -> ScriptedServer.Step {
    let head =
      "HTTP/1.1 \(status) Scripted\r\nContent-Length: \(body.count)\r\n"
      + "Content-Encoding: \(encoding)\r\n\r\n"
    return .send(Array(head.utf8) + body)
  }

  @Test(arguments: [200, 503])
  func `asks for gzip and decodes it, errors too`(status: Int) async throws {
    let server = try ScriptedServer(always: Self.reply(Self.hello, status: status))
    defer { server.stop() }
    let result = try await HTTPHost.run { await $0.get(server.address) }
    #expect(result.text == "hello, decoded")
    #expect(server.requests.first?.headers["accept-encoding"] == "gzip")
  }

  @Test func `decodes what comes byte by byte`() async throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\n\r\n"
    let bytes = (Array(head.utf8) + Self.hello).map { ScriptedServer.Step.send([$0]) }
    let server = try ScriptedServer { _ in bytes + [.close] }
    defer { server.stop() }
    let result = try await HTTPHost.run { await $0.get(server.address) }
    #expect(result.text == "hello, decoded")
  }

  @Test(arguments: [(1001, true), (1000, false)])
  func `bounds an answer by its decoded size`(limit: Int, isTaken: Bool) async throws {
    let server = try ScriptedServer(always: Self.reply(Self.many))
    defer { server.stop() }
    var request = HTTPRequest(url: server.address, timeout: .patience)
    request.maximumResponseSize = limit
    let sent = request
    let result = try await HTTPHost.run { await $0.send(sent) }
    #expect(result.response?.body.count == (isTaken ? 1001 : nil))
    #expect(result.failure?.kind == (isTaken ? nil : .tooLarge), "\(result)")
  }

  @Test(arguments: [("gzip", "hello"), ("unheard-of", "hello")])
  func `says when an encoding cannot be read`(encoding: String, body: String) async throws {
    let server = try ScriptedServer(always: Self.reply(Array(body.utf8), encoding: encoding))
    defer { server.stop() }
    let result = try await HTTPHost.run { await $0.get(server.address) }
    #expect(result.failure?.kind == .notHTTP)
    #expect(
      result.failure?.message.contains("in an encoding that cannot be read") == true, "\(result)")
  }
}
