internal import Foundation
internal import HTTPClient
internal import Scaling
internal import Synchronization
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

/// Servers that refuse the form in which a query is asked.
@Suite struct QueryFormTests {
  private static func response(_ status: Int, _ body: String = "") -> HTTPResponse {
    HTTPResponse(status: status, body: Array(body.utf8))
  }

  private static let get = QueryForm(method: .get)
  private static let timed = QueryForm(givesTime: true)

  @Test(arguments: [
    (403, QueryForm(), Optional(get)), (405, QueryForm(), get), (501, QueryForm(), get),
    (403, get, QueryForm()), (405, get, QueryForm()), (414, get, QueryForm()),
    (414, QueryForm(), nil), (200, QueryForm(), nil), (400, QueryForm(), nil),
    (401, QueryForm(), nil), (404, QueryForm(), nil), (429, QueryForm(), nil),
    (500, QueryForm(), nil), (503, QueryForm(), nil),
  ])
  func `a refused method calls for the other`(status: Int, form: QueryForm, other: QueryForm?) {
    #expect(form.alternative(after: Self.response(status, "no")) == other)
  }

  @Test(arguments: [
    (400, #"{"status":"error","errorType":"bad_data","error":"missing parameter \"time\""}"#, true),
    (400, "the time parameter is required", true), (422, "time must be given", true),
    (400, #"invalid parameter "time": cannot parse "" to a valid timestamp"#, true),
    (400, #"invalid parameter "query": 1:5: parse error: unexpected identifier "b""#, false),
    (400, "the query time range exceeds the limit: it must be below 30d", false),
    (422, "many-to-many matching not allowed: matching labels must be unique", false),
    (400, "invalid timeout", false), (500, "the time parameter is required", false),
  ])
  func `an error that demands the time calls for it`(
    status: Int, body: String, isDemanded: Bool
  ) {
    let other = QueryForm().alternative(after: Self.response(status, body))
    #expect(other == (isDemanded ? Self.timed : nil))
    #expect(Self.timed.alternative(after: Self.response(status, body)) == nil)
  }

  @Test func `asks by GET in the URL, and gives the time as seconds`() {
    let request = PrometheusClient.request(
      promQL: "a + b", from: SourceEndpoint(Fixtures.prometheus("http://p/x")),
      form: QueryForm(method: .get, givesTime: true),
      now: Instant(milliseconds: 1_763_678_000_500))
    #expect(
      request.url
        == "http://p/x/api/v1/query?query=a%20%2B%20b&timeout=300.0&time=1763678000.5")
    #expect(request.body == nil)
    #expect(request.method == .get)
  }

  // MARK: Against a server

  private static let feed = Feed.query(
    source: ResourceName(name: "main"), promQL: "up", onEmpty: .error)

  private static func scalar() -> ScriptedServer.Step {
    let result = "[\(Date().timeIntervalSince1970),\"7\"]"
    return .reply(
      200, #"{"status":"success","data":{"resultType":"scalar","result":\#(result)}}"#)
  }

  private static func source(_ server: ScriptedServer) -> DataSource {
    var source = Fixtures.prometheus(server.address)
    source.refresh = .milliseconds(20)
    return source
  }

  @Test(arguments: [403, 405, 501])
  func `tries GET after a refusal, and keeps it`(status: Int) async throws {
    let server = try ScriptedServer { request in
      request.method == "GET" ? [Self.scalar()] : [.reply(status, "verb=create")]
    }
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(Self.source(server))
      try await host.retain(Self.feed)
      let reading = try await host.reading(of: Self.feed) { _ in true }
      #expect(reading?.value == .sample(7))
      await host.until { _ in server.requests.count { $0.method == "GET" } >= 5 }
    }
    let queries = server.requests.filter { $0.body.contains("query=up") }
    #expect(queries.count <= 1)
    #expect(
      !server.requests.contains { $0.target.contains("time=") && !$0.target.contains("out=") })
  }

  @Test func `goes back to POST when GET is refused later`() async throws {
    let refused = Mutex("POST")
    let server = try ScriptedServer { request in
      request.method == refused.withLock { $0 } ? [.reply(405, "no")] : [Self.scalar()]
    }
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(Self.source(server))
      try await host.retain(Self.feed)
      await host.until { _ in server.requests.last?.method == "GET" }
      refused.withLock { $0 = "GET" }
      await host.until { _ in server.requests.suffix(3).allSatisfy { $0.method == "POST" } }
      #expect(try await host.reading(of: Self.feed)?.failure == nil)
    }
  }

  @Test func `an error of credentials names both`() async throws {
    let server = try ScriptedServer { request in
      [.reply(403, request.method == "GET" ? "may not get" : "may not create")]
    }
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(Self.source(server))
      try await host.retain(Self.feed)
      let reading = try await host.reading(of: Self.feed) { _ in true }
      #expect(
        reading?.failure?.message
          == "\(server.address)/api/v1/query answered HTTP 403 \"may not get\" (by GET; by POST"
          + " HTTP 403 \"may not create\"): do the credentials allow queries?")
    }
  }

  @Test func `gives the time to a server that demands it, and to no other`() async throws {
    let demanding = try ScriptedServer { request in
      request.body.contains("&time=")
        ? [Self.scalar()] : [.reply(400, #"{"error":"missing parameter time"}"#)]
    }
    let other = try ScriptedServer { _ in [Self.scalar()] }
    defer {
      demanding.stop()
      other.stop()
    }
    try await RefresherHost.run { host in
      for server in [demanding, other] {
        try await host.define(Self.source(server))
        try await host.retain(Self.feed)
        let reading = try await host.reading(of: Self.feed) { $0.failure == nil }
        #expect(reading?.value == .sample(7))
        await host.until { _ in server.requests.count >= 5 }
      }
    }
    let untimed = demanding.requests.filter { !$0.body.contains("&time=") }
    #expect(untimed.count <= 2)
    #expect(!other.requests.contains { $0.body.contains("&time=") })
  }

  @Test func `the history of a query is asked for by GET, too`() throws {
    let server = try ScriptedServer { request in
      request.method == "GET"
        ? [
          .reply(
            200,
            #"{"status":"success","data":{"resultType":"matrix","result":[{"values":[[60,"7"]]}]}}"#
          )
        ] : [.reply(405, "no")]
    }
    defer { server.stop() }
    let range = PrometheusRange(
      address: server.address + "/api/v1", query: "up", from: Instant(milliseconds: 60_000),
      to: Instant(milliseconds: 60_000), step: .seconds(60))
    #expect(try range.fetch(userAgent: "test").map(\.value) == [7])
  }
}
