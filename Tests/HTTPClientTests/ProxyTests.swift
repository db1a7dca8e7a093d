internal import TestKit
internal import Testing

@testable internal import HTTPClient

struct ProxyTests {
  @Test func `a request goes through the proxy that it names`() async throws {
    let proxy = try ScriptedServer(always: .reply(200, "by proxy"))
    defer { proxy.stop() }
    try await HTTPHost.run { host in
      let request = HTTPRequest(
        url: "http://prometheus.example:9090/a?b=c", timeout: .patience, proxy: proxy.address)
      #expect(await host.send(request).text == "by proxy")
    }
    #expect(proxy.requests.map(\.target) == ["http://prometheus.example:9090/a?b=c"])
  }

  @Test func `a server with TLS is reached through a tunnel`() async throws {
    let proxy = try ScriptedServer(always: .reply(403, "no"))
    defer { proxy.stop() }
    let result = try await HTTPHost.run { host in
      await host.send(
        HTTPRequest(
          url: "https://prometheus.example/", timeout: .patience, proxy: proxy.address))
    }
    #expect(proxy.requests.map(\.method) == ["CONNECT"])
    #expect(proxy.requests.map(\.target) == ["prometheus.example:443"])
    #expect(result.failure?.message.contains("through the proxy \(proxy.address)") == true)
  }

  @Test func `a proxy that is away is named`() async throws {
    let port = try ScriptedServer.closedPort()
    let result = try await HTTPHost.run { host in
      await host.send(
        HTTPRequest(
          url: "http://prometheus.example/", timeout: .patience,
          proxy: "http://127.0.0.1:\(port)"))
    }
    #expect(
      result.failure?.message
        == "could not connect to http://prometheus.example through the proxy"
        + " http://127.0.0.1:\(port): connection refused")
  }
}
