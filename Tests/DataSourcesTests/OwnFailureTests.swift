internal import Foundation
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

/// Errors of one query or one workload, which are its own while others succeed.
@Suite struct OwnFailureTests {
  private static func query(_ promQL: String) -> Feed {
    .query(source: ResourceName(name: "main"), promQL: promQL, onEmpty: .error)
  }

  private static func scalar() -> ScriptedServer.Step {
    let result = "[\(Date().timeIntervalSince1970),\"7\"]"
    return .reply(
      200, #"{"status":"success","data":{"resultType":"scalar","result":\#(result)}}"#)
  }

  private static func httpDate(in seconds: Double) -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return format.string(from: Date(timeIntervalSinceNow: seconds))
  }

  /// What the server answers to the queries that are named so.
  private static let answers: [String: ScriptedServer.Step] = [
    "seconds": .reply(429, "slow down", headers: ["Retry-After: 120"]),
    "date": .reply(503, "busy", headers: ["Retry-After: \(httpDate(in: 120))"]),
    "plain": .reply(503, "no healthy upstream"), "missing": .reply(404, "404 page not found"),
    "login": .reply(200, "<html>Login</html>"), "unauthorized": .reply(401, "no"),
    "victoria": .reply(422, #"{"status":"error","errorType":"422","error":"bad"}"#),
    "malformed": .reply(400, "bad request"),
  ]

  @Test func `leave the source up, the log quiet, and heed Retry-After`() async throws {
    let server = try ScriptedServer { request in
      let name = request.body.dropFirst("query=".count).prefix { $0 != "&" }
      return [Self.answers[String(name)] ?? Self.scalar()]
    }
    defer { server.stop() }
    var source = Fixtures.prometheus(server.address)
    source.refresh = .milliseconds(10)
    let defined = source
    @Sendable func asked(_ name: String) -> Int {
      server.requests.count { $0.body.hasPrefix("query=\(name)&") }
    }
    try await RefresherHost.run { host in
      try await host.define(defined)
      try await host.with { refresher in
        for name in Self.answers.keys.sorted() + ["good"] { refresher.retain(Self.query(name)) }
      }
      await host.until { refresher in
        asked("good") >= 60 && asked("plain") >= 5
          && Self.answers.keys.allSatisfy { refresher.reading(of: Self.query($0)) != nil }
      }
      let status = try #require(try await host.with { $0.sources.first })
      #expect(status.state == .up)
      #expect(status.lastError == nil)
      let lines = host.log.lines
      #expect(!lines.contains { $0.contains("data source is failing") })
      #expect(lines.count { $0.contains("fetch failed") } == Self.answers.count)
    }
    #expect(asked("seconds") == 1)
    #expect(asked("date") == 1)
  }

  @Test func `bad workloads leave the forecaster up`() async throws {
    let forecast = try Fixtures.forecast(age: 0)
    let server = try ScriptedServer { request in
      if request.target.hasSuffix("workload=my-api") { return [.reply(200, forecast)] }
      return [.reply(request.target.hasSuffix("even") ? 404 : 400, "no such workload")]
    }
    defer { server.stop() }
    @Sendable func workload(_ name: String) -> Feed {
      .forecast(source: ResourceName(name: "default"), workload: name)
    }
    var source = Fixtures.forecaster(server.address)
    source.refresh = .milliseconds(10)
    let defined = source
    let bad = (0..<8).map { "w\($0)\($0.isMultiple(of: 2) ? "even" : "odd")" }
    try await RefresherHost.run { host in
      try await host.define(defined)
      // Until one has succeeded, it may be the forecaster's fault.
      try await host.with { $0.retain(workload("my-api")) }
      await host.until { $0.reading(of: workload("my-api")) != nil }
      try await host.with { refresher in
        for name in bad { refresher.retain(workload(name)) }
      }
      await host.until { _ in server.requests.count >= 200 }
      #expect(try await host.with { $0.sources.first?.state } == .up)
      #expect(!host.log.lines.contains { $0.contains("data source is failing") })
    }
  }
}
