internal import EventLoop
internal import TestKit
internal import Testing
internal import Time

@testable internal import HTTPClient

@Suite struct HTTPStreamTests {
  private static let head =
    "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n"

  private static func request(
    _ server: ScriptedServer, timeout: Duration = .patience
  ) -> HTTPRequest {
    HTTPRequest(url: server.address, timeout: timeout, version: .http1)
  }

  @Test func `delivers a body as it comes, and then its end`() async throws {
    let server = try ScriptedServer(
      always: .text(Self.head), .text("3\r\nabc\r\n"), .text("2\r\nde\r\n0\r\n\r\n"))
    defer { server.stop() }
    let (pieces, result) = try await HTTPHost.run {
      await $0.stream(Self.request(server), silence: .patience)
    }
    #expect(pieces.joined() == "abcde")
    #expect(result?.response?.status == 200)
    #expect(result?.response?.headers["x-a"] == "1")
    #expect(result?.text == "")
  }

  @Test func `delivers before the end has come`() async throws {
    let server = try ScriptedServer(always: .text(Self.head), .text("3\r\nabc\r\n"), .hang)
    defer { server.stop() }
    let (pieces, result) = try await HTTPHost.run {
      await $0.stream(Self.request(server), silence: .patience, cancelAfter: 1)
    }
    #expect(pieces == ["abc"])
    #expect(result == nil)
  }

  @Test func `is not bounded as a whole`() async throws {
    let line = String(repeating: "x", count: 1 << 16)
    let chunk = ScriptedServer.Step.text("10000\r\n\(line)\r\n")
    let steps = [.text(Self.head)] + Array(repeating: chunk, count: 20)
    let server = try ScriptedServer { _ in steps + [.text("0\r\n\r\n")] }
    defer { server.stop() }
    var request = Self.request(server)
    request.maximumResponseSize = 1024
    let (pieces, result) = try await HTTPHost.run { [request] in
      await $0.stream(request, silence: .patience)
    }
    #expect(pieces.joined().utf8.count == 20 << 16)
    #expect(result?.response?.status == 200)
  }

  @Test func `fails when it falls silent`() async throws {
    let server = try ScriptedServer(always: .text(Self.head), .text("3\r\nabc\r\n"), .hang)
    defer { server.stop() }
    let (pieces, result) = try await HTTPHost.run {
      await $0.stream(Self.request(server), silence: .milliseconds(100))
    }
    #expect(pieces == ["abc"])
    #expect(result?.failure?.kind == .timeout)
    #expect(result?.failure?.message.hasSuffix("has sent nothing for 100ms") == true)
  }

  @Test func `every piece begins the silence again`() async throws {
    // One byte each 5 ms, 300 of them: longer than the silence, never silent.
    let server = try ScriptedServer(
      always: .text("HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n"), .trickle(0x61))
    defer { server.stop() }
    let (pieces, result) = try await HTTPHost.run {
      await $0.stream(Self.request(server), silence: .seconds(1))
    }
    #expect(pieces.joined() == String(repeating: "a", count: 300))
    #expect(result?.response?.status == 200)
  }

  @Test func `fails when the answer does not begin`() async throws {
    let server = try ScriptedServer(always: .hang)
    defer { server.stop() }
    let (pieces, result) = try await HTTPHost.run {
      await $0.stream(
        Self.request(server, timeout: .milliseconds(100)), silence: .patience)
    }
    #expect(pieces.isEmpty)
    #expect(result?.failure?.kind == .timeout)
    #expect(result?.failure?.message.hasSuffix("did not answer within 100ms") == true)
  }

  @Test func `keeps the body of an answer that is none of success`() async throws {
    let server = try ScriptedServer(always: .reply(410, "gone"))
    defer { server.stop() }
    let (pieces, result) = try await HTTPHost.run {
      await $0.stream(Self.request(server), silence: .patience)
    }
    #expect(pieces.isEmpty)
    #expect(result?.response?.status == 410)
    #expect(result?.text == "gone")
  }

  @Test func `bounds the body of such an answer`() async throws {
    let server = try ScriptedServer { request in
      [.reply(500, String(repeating: "x", count: request.target == "/fits" ? 64 : 65))]
    }
    defer { server.stop() }
    try await HTTPHost.run { host in
      for (path, fits) in [("/fits", true), ("/long", false)] {
        var request = Self.request(server)
        request.url += path
        request.maximumResponseSize = 64
        let (_, result) = await host.stream(request, silence: .patience)
        #expect((result?.response != nil) == fits)
        #expect((result?.failure?.kind == .tooLarge) == !fits)
      }
    }
  }

  @Test func `tells of a connection that breaks`() async throws {
    let server = try ScriptedServer(always: .text(Self.head), .text("3\r\nabc\r\n"), .close)
    defer { server.stop() }
    let (pieces, result) = try await HTTPHost.run {
      await $0.stream(Self.request(server), silence: .patience)
    }
    #expect(pieces == ["abc"])
    #expect(result?.failure?.kind == .broken)
  }

  @Test func `does not follow redirects`() async throws {
    let server = try ScriptedServer(always: .reply(302, "", headers: ["Location: /other"]))
    defer { server.stop() }
    let (_, result) = try await HTTPHost.run {
      await $0.stream(Self.request(server), silence: .patience)
    }
    #expect(result?.response?.status == 302)
    #expect(server.requests.count == 1)
  }

  @Test func `an address that is none is a failure`() async throws {
    let (_, result) = try await HTTPHost.run {
      await $0.stream(HTTPRequest(url: "nonsense", timeout: .seconds(1)), silence: .seconds(1))
    }
    #expect(result?.failure?.kind == .invalidRequest)
  }
}

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9v\nYmFy\r\n", "foobar"),
    (" Zm 9v ", "foo"),
  ])
  func `decodes what encode writes, and line breaks`(text: String, content: String) {
    #expect(Base64.decode(text) == Array(content.utf8))
    let letters = text.filter { !$0.isWhitespace }
    #expect(Base64.encode(Array(content.utf8)) == letters)
  }

  @Test func `decodes every byte`() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(Base64.decode(Base64.encode(bytes)) == bytes)
  }

  @Test(arguments: ["Z", "Zg", "Zg=", "Z===", "====", "Zm9v!", "Zm=v", "Zm9-", "Zm9vé==="])
  func `refuses what is not Base64`(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
