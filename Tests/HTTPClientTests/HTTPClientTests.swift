internal import EventLoop
private import Glibc
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import HTTPClient

@Suite struct HTTPClientTests {
  @Test func `gets a body with its status and headers`() async throws {
    let server = try ScriptedServer(
      always: .reply(200, "hello", headers: ["X-Kedastral-Stale:   true  "]))
    defer { server.stop() }
    let result = try await HTTPHost.run { await $0.get("\(server.address)/path?a=b") }
    #expect(result.text == "hello")
    #expect(result.response?.status == 200)
    #expect(result.response?.headers["x-kedastral-stale"] == "true")
    #expect(result.response?.headers["absent"] == nil)
    #expect(try #require(result.response).duration > .zero)
    let request = try #require(server.requests.first)
    #expect(request.method == "GET")
    #expect(request.target == "/path?a=b")
    #expect(request.headers["user-agent"] == "headstart/test")
  }

  @Test(arguments: [
    (HTTPRequest.Method.post, "a=1"), (.post, ""), (.put, "{}"), (.patch, "{}"), (.delete, ""),
  ])
  func `sends bodies with every method`(method: HTTPRequest.Method, body: String) async throws {
    let server = try ScriptedServer(always: .reply(200, "ok"))
    defer { server.stop() }
    let result = try await HTTPHost.run { host in
      await host.send(
        HTTPRequest(
          method: method, url: server.address, headers: [HTTPField("Content-Type", "text/x")],
          body: Array(body.utf8), timeout: .patience))
    }
    #expect(result.text == "ok")
    let request = try #require(server.requests.first)
    #expect(request.method == method.rawValue)
    #expect(request.body == body)
    #expect(request.headers["content-type"] == "text/x")
    #expect(request.headers["expect"] == nil)
  }

  @Test func `sends headers, empty ones too, and basic auth`() async throws {
    let server = try ScriptedServer(always: .reply())
    defer { server.stop() }
    _ = try await HTTPHost.run { host in
      await host.send(
        HTTPRequest(
          url: server.address, headers: [HTTPField("X-A", "one; two"), HTTPField("X-Empty", "")],
          timeout: .patience,
          basicAuth: HTTPRequest.BasicAuth(username: "user", password: .init("pass"))))
    }
    let request = try #require(server.requests.first)
    #expect(request.headers["x-a"] == "one; two")
    #expect(request.headers["x-empty"] == "")
    #expect(request.headers["authorization"] == "Basic dXNlcjpwYXNz")
  }

  @Test func `reads chunked answers, whole or byte by byte`() async throws {
    let text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    let server = try ScriptedServer { request in
      request.target == "/whole" ? [.text(text)] : text.utf8.map { .send([$0]) }
    }
    defer { server.stop() }
    try await HTTPHost.run { host in
      #expect(await host.get("\(server.address)/whole").text == "abcde")
      #expect(await host.get("\(server.address)/bytes").text == "abcde")
    }
  }

  @Test func `reads an answer that ends with the connection, after 103 Early Hints`() async throws {
    let server = try ScriptedServer(
      always: .text("HTTP/1.1 103 Early Hints\r\nX-A: early\r\n\r\n"),
      .text("HTTP/1.1 200 OK\r\nX-A: late\r\n\r\nbody"), .close)
    defer { server.stop() }
    let result = try await HTTPHost.run { await $0.get(server.address) }
    #expect(result.text == "body")
    #expect(result.response?.headers["X-A"] == "late")
  }

  @Test func `keeps connections and uses them again`() async throws {
    let server = try ScriptedServer(always: .reply(200, "ok"))
    defer { server.stop() }
    try await HTTPHost.run { host in
      for _ in 0..<20 { #expect(await host.get(server.address).text == "ok") }
    }
    #expect(server.requests.count == 20)
    #expect(server.connections == 1)
  }

  @Test func `asks again when a kept connection turns out to be dead`() async throws {
    let server = try ScriptedServer { request in
      request.target == "/last" ? [.reply(200, "bye"), .close] : [.reply(200, "ok")]
    }
    defer { server.stop() }
    try await HTTPHost.run { host in
      #expect(await host.get("\(server.address)/last").text == "bye")
      #expect(await host.get("\(server.address)/next").text == "ok")
    }
    #expect(server.connections == 2)
  }

  @Test func `a cancelled request is not answered`() async throws {
    let server = try ScriptedServer { $0.target == "/hang" ? [.hang] : [.reply()] }
    defer { server.stop() }
    let (wasCalled, inFlight) = try await HTTPHost.run { host in
      await host.cancelled(
        HTTPRequest(url: "\(server.address)/hang", timeout: .patience),
        then: HTTPRequest(url: server.address, timeout: .patience))
    }
    #expect(!wasCalled)
    #expect(inFlight == 0)
  }

  @Test func `a shutdown ends what is under way`() async throws {
    let server = try ScriptedServer(always: .hang)
    defer { server.stop() }
    let loop = try EventLoop(name: "test")
    let thread = try loop.start()
    await withCheckedContinuation { done in
      loop.post {
        let client = try? HTTPClient(loop: loop, userAgent: "test")
        for _ in 0..<10 {
          client?.send(HTTPRequest(url: server.address, timeout: .patience)) { _ in
            Issue.record("answered after the shutdown")
          }
        }
        client?.send(HTTPRequest(url: "nonsense", timeout: .patience)) { _ in
          Issue.record("refused after the shutdown")
        }
        #expect(client?.inFlight == 11)
        client?.shutdown()
        #expect(client?.inFlight == 0)
        done.resume()
      }
    }
    loop.stop()
    thread.join()
  }

  // MARK: Failures

  @Test func `says what could not be connected to, and why`() async throws {
    let port = try ScriptedServer.closedPort()
    let result = try await HTTPHost.run { await $0.get("http://127.0.0.1:\(port)/a?token=x") }
    #expect(result.failure?.kind == .connect)
    #expect(
      result.failure?.message
        == "could not connect to http://127.0.0.1:\(port): connection refused")
  }

  @Test func `says which name has no address`() async throws {
    let result = try await HTTPHost.run { await $0.get("http://nothing.invalid/") }
    #expect(result.failure?.kind == .nameLookup)
    #expect(result.failure?.message.contains("http://nothing.invalid") == true)
  }

  @Test(arguments: [
    ("silence", [ScriptedServer.Step.hang], "did not answer within 200ms"),
    ("slow headers", [.text("HTTP/1.1 200 OK\r\nX: "), .trickle(0x61)], "within 200ms"),
    (
      "slow body", [.text("HTTP/1.1 200 OK\r\n\r\n"), .trickle(0x61)],
      "did not complete its answer within 200ms"
    ),
  ])
  func `gives up after the timeout`(
    _: String, steps: [ScriptedServer.Step], expected: String
  ) async throws {
    let server = try ScriptedServer { _ in steps }
    defer { server.stop() }
    let result = try await HTTPHost.run {
      await $0.get(server.address, timeout: .milliseconds(200))
    }
    #expect(result.failure?.kind == .timeout)
    #expect(result.failure?.message.contains(expected) == true, "\(result)")
    #expect(result.failure?.message.contains(server.address) == true, "\(result)")
  }

  @Test(arguments: [
    ([ScriptedServer.Step.text("SSH-2.0-OpenSSH\r\n"), .close], HTTPFailure.Kind.notHTTP),
    ([.close], .broken),
    ([.reset], .broken),
    ([.text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), .close], .broken),
    ([.text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), .reset], .broken),
    ([.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), .close], .broken),
    ([.text("HTTP/1.1 200 OK\r\nX: "), .endless([0x61])], .tooLarge),
    ([.text("HTTP/1.1 200 OK\r\n"), .endless(Array("X-Y: abcdefgh\r\n".utf8))], .tooLarge),
  ])
  func `names what is wrong with an answer`(
    steps: [ScriptedServer.Step], kind: HTTPFailure.Kind
  ) async throws {
    let server = try ScriptedServer { _ in steps }
    defer { server.stop() }
    let result = try await HTTPHost.run { await $0.get(server.address) }
    #expect(result.failure?.kind == kind, "\(result)")
    #expect(result.failure?.message.contains(server.address) == true, "\(result)")
  }

  @Test func `takes an answer of the largest size and refuses one byte more`() async throws {
    let server = try ScriptedServer { request in
      switch request.target {
      case "/endless":
        [.text("HTTP/1.1 200 OK\r\n\r\n"), .endless([UInt8](repeating: 0x61, count: 65536))]
      case "/announced": [.text("HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n"), .hang]
      case "/above": [.text("HTTP/1.1 200 OK\r\n\r\n"), .text("12345678901"), .close]
      default: [.reply(200, "1234567890")]
      }
    }
    defer { server.stop() }
    try await HTTPHost.run { host in
      var request = HTTPRequest(url: "\(server.address)/at", timeout: .patience)
      request.maximumResponseSize = 10
      #expect(await host.send(request).text == "1234567890")
      request.url = "\(server.address)/above"
      let failure = await host.send(request).failure
      #expect(failure?.message == "\(server.address)/above sent an answer larger than 10 bytes")
      for path in ["/endless", "/announced"] {
        let failure = await host.get(server.address + path).failure
        #expect(failure?.kind == .tooLarge)
        #expect(failure?.message == "\(server.address)\(path) sent an answer larger than 8 MiB")
      }
    }
  }

  @Test(arguments: [
    HTTPRequest(url: "nonsense", timeout: .seconds(1)),
    HTTPRequest(url: "ftp://127.0.0.1/", timeout: .seconds(1)),
    HTTPRequest(url: "file:///etc/passwd", timeout: .seconds(1)),
    HTTPRequest(url: "http://a b/", timeout: .seconds(1)),
    HTTPRequest(url: "http://127.0.0.1:99999/", timeout: .seconds(1)),
    HTTPRequest(
      url: "http://127.0.0.1/", headers: [HTTPField("X", "a\r\nX-B: secret")], timeout: .seconds(1)),
    HTTPRequest(
      url: "http://127.0.0.1/", headers: [HTTPField("X:", "secret")], timeout: .seconds(1)),
    HTTPRequest(url: "http://127.0.0.1/", headers: [HTTPField("", "secret")], timeout: .seconds(1)),
  ])
  func `refuses what it cannot send`(request: HTTPRequest) async throws {
    let result = try await HTTPHost.run { await $0.send(request) }
    #expect(result.failure?.kind == .invalidRequest, "\(result)")
    #expect(result.failure?.message.contains("secret") == false)
  }

  @Test func `shows no user, password or query of an address`() async throws {
    let server = try ScriptedServer(always: .close)
    defer { server.stop() }
    let result = try await HTTPHost.run {
      await $0.get("http://me:hunter2@127.0.0.1:\(server.port)/p?token=abc#frag")
    }
    let message = try #require(result.failure?.message)
    #expect(message.contains("http://127.0.0.1:\(server.port)/p "))
    for secret in ["me", "hunter2", "token", "abc", "frag"] {
      #expect(!message.contains("\(secret)@") && !message.contains("=\(secret)"))
      #expect(!message.contains("hunter2") && !message.contains("frag"))
    }
    #expect(server.requests.first?.headers["authorization"] == "Basic bWU6aHVudGVyMg==")
  }

  @Test func `uses no proxy of the environment`() async throws {
    let server = try ScriptedServer(always: .reply(200, "direct"))
    let proxy = try ScriptedServer(always: .reply(200, "proxied"))
    defer {
      server.stop()
      proxy.stop()
    }
    setenv("http_proxy", proxy.address, 1)
    setenv("all_proxy", proxy.address, 1)
    defer {
      unsetenv("http_proxy")
      unsetenv("all_proxy")
    }
    let result = try await HTTPHost.run { await $0.get(server.address) }
    #expect(result.text == "direct")
  }

  // MARK: Redirects

  @Test(arguments: [301, 302, 307, 308])
  func `follows a redirect within the origin with method and body`(status: Int) async throws {
    let server = try ScriptedServer { request in
      request.target == "/new"
        ? [.reply(200, "\(request.method) \(request.body)")]
        : [.reply(status, "moved", headers: ["Location: /new"])]
    }
    defer { server.stop() }
    let result = try await HTTPHost.run { host in
      await host.send(
        HTTPRequest(
          method: .post, url: "\(server.address)/old", headers: [HTTPField("X-Token", "t")],
          body: Array("q=1".utf8), timeout: .patience))
    }
    #expect(result.text == "POST q=1")
    #expect(server.requests.last?.headers["x-token"] == "t")
  }

  @Test func `a 303 asks for a GET`() async throws {
    let server = try ScriptedServer { request in
      request.target == "/new"
        ? [.reply(200, "\(request.method) \(request.body)")]
        : [.reply(303, "", headers: ["Location: /new"])]
    }
    defer { server.stop() }
    let result = try await HTTPHost.run { host in
      await host.send(
        HTTPRequest(
          method: .post, url: server.address, body: Array("q=1".utf8), timeout: .patience))
    }
    #expect(result.text == "GET ")
  }

  @Test func `does not follow a redirect to elsewhere`() async throws {
    let other = try ScriptedServer(always: .reply(200, "stolen"))
    let server = try ScriptedServer { request in
      let location =
        switch request.target {
        case "/port": "\(other.address)/x?secret=1"
        case "/host":
          "http://localhost:\(request.headers["host"]?.split(separator: ":").last ?? "")/"
        case "/scheme": "https://\(request.headers["host"] ?? "")/"
        case "/other": "ftp://example.org/"
        default: "//evil.example/x"
        }
      return [.reply(302, "", headers: ["Location: \(location)"])]
    }
    defer {
      server.stop()
      other.stop()
    }
    try await HTTPHost.run { host in
      let failure = await host.get("\(server.address)/port").failure
      #expect(
        failure?.message
          == "\(server.address)/port redirected to \(other.address)/x, which is not followed: set"
          + " the data source's address to the final URL")
      for path in ["/port", "/host", "/scheme", "/other", "/none"] {
        #expect(await host.get(server.address + path).failure?.kind == .redirect, "\(path)")
      }
    }
    #expect(other.requests.isEmpty)
  }

  @Test func `follows three redirects and not a fourth`() async throws {
    let server = try ScriptedServer { request in
      let left = Int(request.target.dropFirst()) ?? 0
      return left == 0
        ? [.reply(200, "there")] : [.reply(302, "", headers: ["Location: /\(left - 1)"])]
    }
    defer { server.stop() }
    try await HTTPHost.run { host in
      #expect(await host.get("\(server.address)/3").text == "there")
      let failure = await host.get("\(server.address)/4").failure
      #expect(failure?.kind == .redirect)
      #expect(failure?.message.hasSuffix("redirected more than 3 times") == true)
    }
  }

  @Test func `returns a redirect when told to, or when it leads nowhere`() async throws {
    let server = try ScriptedServer { request in
      [.reply(302, "", headers: request.target == "/none" ? [] : ["Location: /new"])]
    }
    defer { server.stop() }
    try await HTTPHost.run { host in
      var request = HTTPRequest(url: server.address, timeout: .patience)
      request.redirects = .returned
      #expect(await host.send(request).response?.status == 302)
      #expect(await host.get("\(server.address)/none").response?.status == 302)
    }
  }

  @Test func `the timeout covers redirects too`() async throws {
    let server = try ScriptedServer { request in
      request.target == "/hang" ? [.hang] : [.reply(302, "", headers: ["Location: /hang"])]
    }
    defer { server.stop() }
    let result = try await HTTPHost.run {
      await $0.get(server.address, timeout: .milliseconds(200))
    }
    #expect(result.failure?.kind == .timeout)
  }
}
