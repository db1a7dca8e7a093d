internal import Foundation
internal import Scaling
internal import Synchronization
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

private let workload = Feed.forecast(source: ResourceName(name: "default"), workload: "my-api")

private func query(_ promQL: String, onEmpty: EmptyResult = .error) -> Feed {
  .query(source: ResourceName(name: "main"), promQL: promQL, onEmpty: onEmpty)
}

/// - Parameter age: in seconds, how long ago the server says that it evaluated the query.
private func scalar(_ value: String, age: Double = 0, more: String = "") -> ScriptedServer.Step {
  let time = Date().timeIntervalSince1970 - age
  return .reply(
    200,
    #"{"status":"success","data":{"resultType":"scalar","result":[\#(time),"\#(value)"]}\#(more)}"#)
}

extension DataSource {
  fileprivate func refreshed(every refresh: Duration, timeout: Duration = .patience)
    -> DataSource
  {
    var copy = self
    copy.refresh = refresh
    copy.timeout = timeout
    return copy
  }
}

@Suite struct FeedRefresherTests {
  @Test func `fetches the recorded forecast`() async throws {
    let body = try Fixtures.forecast(age: 0)
    let server = try ScriptedServer(always: .reply(200, body))
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(
        Fixtures.forecaster(server.address).refreshed(every: .seconds(3600)))
      try await host.retain(workload)
      let reading = try await host.reading(of: workload) { _ in true }
      guard case .forecast(let series)? = reading?.value else {
        Issue.record("\(String(describing: reading))")
        return
      }
      #expect(series.replicas.count == 120)
      #expect(reading?.failure == nil)
      let status = try await host.with { $0.sources }
      #expect(status.count == 1)
      #expect(status.first?.state == .up)
      #expect(status.first?.lastSuccess == reading?.obtainedAt)
      #expect(status.first?.feeds == 1)
    }
    #expect(server.requests.contains { $0.target == "/forecast/current?workload=my-api" })
  }

  /// One data source through all the troubles of its life.
  @Test func `keeps the last value through every kind of failure, and recovers`() async throws {
    let body = try Fixtures.forecast(age: 0)
    let mode = Mutex("ok")
    let server = try ScriptedServer { request in
      guard request.target.hasPrefix("/forecast") else { return [.reply()] }
      return switch mode.withLock({ $0 }) {
      case "404": [.reply(404, #"{"error":"snapshot not found"}"#)]
      case "500": [.reply(500, "internal error")]
      case "garbage": [.reply(200, "<html>")]
      case "hang": [.hang]
      case "trickle": [.text("HTTP/1.1 200 OK\r\n\r\n"), .trickle(0x20)]
      case "truncated": [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), .close]
      case "endless":
        [.text("HTTP/1.1 200 OK\r\n\r\n"), .endless([UInt8](repeating: 0x20, count: 65536))]
      case "redirect": [.reply(302, "", headers: ["Location: http://elsewhere.example/"])]
      case "reset": [.reset]
      case "stale": [.reply(200, body, headers: ["X-Kedastral-Stale: true"])]
      default: [.reply(200, body)]
      }
    }
    defer { server.stop() }
    let expected = [
      ("404", "has no forecast for workload \"my-api\" (HTTP 404: snapshot not found)"),
      ("500", "answered HTTP 500 \"internal error\""), ("garbage", "found \"<html>\""),
      ("hang", "did not answer within 300ms"),
      ("trickle", "did not complete its answer within 300ms"),
      ("truncated", "before its answer was complete"), ("endless", "larger than 8 MiB"),
      ("redirect", "redirected to http://elsewhere.example, which is not followed"),
      ("reset", "broke"),
    ]
    try await RefresherHost.run { host in
      try await host.define(
        Fixtures.forecaster(server.address)
          .refreshed(every: .milliseconds(20), timeout: .milliseconds(300)))
      try await host.retain(workload)
      _ = try await host.reading(of: workload) { $0.value != nil }
      for (name, sentence) in expected {
        mode.withLock { $0 = name }
        let reading = try await host.reading(of: workload) {
          $0.failure?.message.contains(sentence) == true
        }
        #expect(reading?.value != nil, "\(name)")
      }
      mode.withLock { $0 = "stale" }
      let stale = try await host.reading(of: workload) { $0.failure == nil }
      #expect(stale?.staleSince != nil)
      mode.withLock { $0 = "ok" }
      let fresh = try await host.reading(of: workload) { $0.staleSince == nil }
      #expect(fresh?.failure == nil)
      #expect(try await host.with { $0.sources.first?.state } == .up)
      #expect(try await host.with { $0.sources.first?.lastError } == nil)
      let metrics = host.exposition
      for reason in [
        "no_forecast", "http_status", "decode", "timeout", "too_large", "redirect", "broken",
      ] {
        #expect(metrics.contains("reason=\"\(reason)\""), "\(reason)")
      }
      #expect(host.log.lines.contains { $0.contains("data source is failing") })
      #expect(host.log.lines.contains { $0.contains("data source answers again") })
    }
  }

  @Test func `a source that cannot be reached is failing, and comes back`() async throws {
    let port = try ScriptedServer.closedPort()
    try await RefresherHost.run { host in
      try await host.define(Fixtures.prometheus("http://127.0.0.1:\(port)"))
      try await host.retain(query("up"))
      let reading = try await host.reading(of: query("up")) { _ in true }
      let sentence = "could not connect to http://127.0.0.1:\(port): connection refused"
      #expect(reading?.value == nil)
      #expect(reading?.failure?.message == sentence)
      let status = try #require(try await host.with { $0.sources.first })
      #expect(status.state == .failing)
      #expect(status.lastError == sentence)
      #expect(status.lastSuccess == nil)

      let server = try ScriptedServer(always: scalar("3"))
      try await host.define(Fixtures.prometheus(server.address))
      let recovered = try await host.reading(of: query("up")) { $0.failure == nil }
      #expect(recovered?.value == .sample(3))
      server.stop()
    }
  }

  @Test func `an undefined source fails with its name, and so does a removed one`() async throws {
    let server = try ScriptedServer(always: scalar("3"))
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.retain(query("up"))
      let sentence = "data source \"main\" is not defined (type prometheus)"
      let reading = try await host.reading(of: query("up")) { _ in true }
      #expect(reading?.failure?.message == sentence)
      try await host.define(Fixtures.prometheus(server.address))
      _ = try await host.reading(of: query("up")) { $0.failure == nil }
      try await host.define()
      let removed = try await host.reading(of: query("up")) { $0.failure != nil }
      #expect(removed?.failure?.message == sentence)
      #expect(removed?.value == .sample(3))
      #expect(try await host.with { $0.sources }.isEmpty)
      #expect(!host.exposition.contains("source=\"main\""))
    }
  }

  @Test func `equal feeds are fetched once, and forgotten with the last release`() async throws {
    let server = try ScriptedServer(always: scalar("3"))
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(
        Fixtures.prometheus(server.address).refreshed(every: .seconds(3600)))
      try await host.retain(query("a"), query("a"), query("a"))
      _ = try await host.reading(of: query("a")) { _ in true }
      try await host.with { refresher in
        refresher.release(query("a"))
        refresher.release(query("a"))
      }
      try await host.retain(query("b"))
      _ = try await host.reading(of: query("b")) { _ in true }
      #expect(try await host.reading(of: query("a")) != nil)
      try await host.with { $0.release(query("a")) }
      try await host.retain(query("c"))
      _ = try await host.reading(of: query("c")) { _ in true }
      #expect(try await host.reading(of: query("a")) == nil)
    }
    #expect(server.requests.count { $0.body.hasPrefix("query=a&") } == 1)
  }

  @Test func `a source without feeds is probed, and known to be up or failing`() async throws {
    let server = try ScriptedServer(always: scalar("1"))
    let closed = "http://127.0.0.1:\(try ScriptedServer.closedPort())"
    defer { server.stop() }
    try await RefresherHost.run { host in
      // Some feed, so that there are readings to wait for.
      let clock = DataSource(
        name: ResourceName(name: "clock"), kind: .prometheus, address: server.address,
        refresh: .milliseconds(5))
      try await host.define(
        Fixtures.prometheus(server.address), Fixtures.forecaster(closed), clock)
      try await host.retain(.query(source: clock.name, promQL: "1", onEmpty: .error))
      await host.until { refresher in
        let states = refresher.sources.map(\.state)
        return states == [.failing, .up, .up]
      }
      #expect(
        try await host.with { $0.sources.first?.lastError }
          == "could not connect to \(closed): connection refused")
      #expect(try await host.with { $0.sources.map(\.feeds) } == [0, 1, 0])
    }
    #expect(server.requests.contains { $0.body.hasPrefix("query=vector%281%29&") })
  }

  @Test func `sends the credentials, and rotates the token with its file`() async throws {
    let folder = try TemporaryFolder()
    let server = try ScriptedServer(always: scalar("1"))
    defer { server.stop() }
    var source = Fixtures.prometheus(server.address).refreshed(every: .milliseconds(20))
    source.headers = ["X-Scope-OrgID": "team-a"]
    source.bearerTokenFile = try folder.write("token", "first\n")
    let defined = source
    try await RefresherHost.run { host in
      try await host.define(defined)
      try await host.retain(query("up"))
      _ = try await host.reading(of: query("up")) { _ in true }
      #expect(server.requests.last?.headers["authorization"] == "Bearer first")
      #expect(server.requests.last?.headers["x-scope-orgid"] == "team-a")
      _ = try folder.write("token", "second\n")
      await host.until { _ in
        server.requests.last?.headers["authorization"] == "Bearer second"
      }
      try FileManager.default.removeItem(atPath: folder.path + "/token")
      let failed = try await host.reading(of: query("up")) { $0.failure != nil }
      #expect(
        failed?.failure?.message
          == "could not use the file \(folder.path)/token: no such file or directory")
      _ = try folder.write("token", "third\n")
      _ = try await host.reading(of: query("up")) { $0.failure == nil }
      #expect(server.requests.last?.headers["authorization"] == "Bearer third")
      for line in host.log.lines {
        for secret in ["first", "second", "third", "team-a"] { #expect(!line.contains(secret)) }
      }
    }
  }

  @Test func `sends basic auth`() async throws {
    let folder = try TemporaryFolder()
    let server = try ScriptedServer(always: scalar("1"))
    defer { server.stop() }
    var source = Fixtures.prometheus(server.address)
    source.basicAuth = DataSource.BasicAuth(
      username: "user", passwordFile: try folder.write("password", "pass\n"))
    let defined = source
    try await RefresherHost.run { host in
      try await host.define(defined)
      try await host.retain(query("up"))
      _ = try await host.reading(of: query("up")) { _ in true }
    }
    #expect(server.requests.last?.headers["authorization"] == "Basic dXNlcjpwYXNz")
  }

  @Test func `logs warnings of the server once for each query`() async throws {
    let server = try ScriptedServer(
      always: scalar("1", more: #","warnings":["PromQL warning: beware"]"#))
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(
        Fixtures.prometheus(server.address).refreshed(every: .milliseconds(5)))
      try await host.retain(query("a"), query("b"))
      // Both have been answered by then, and asked again.
      await host.until { _ in
        ["a", "b"].allSatisfy { name in
          server.requests.count { $0.body.hasPrefix("query=\(name)&") } >= 10
        }
      }
      #expect(host.log.lines.count { $0.contains("beware") } == 2)
    }
  }

  @Test func `a partial answer keeps the last value, is counted, and logged once`() async throws {
    let wasAsked = Mutex(false)
    let server = try ScriptedServer { request in
      // A source without queries is asked for vector(1).
      guard request.body.hasPrefix("query=a&") else { return [scalar("1")] }
      let isFirst = wasAsked.withLock { asked in
        defer { asked = true }
        return !asked
      }
      return [isFirst ? scalar("7") : scalar("3", more: #","isPartial":true"#)]
    }
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(
        Fixtures.prometheus(server.address).refreshed(every: .milliseconds(5)))
      try await host.retain(query("a"))
      let reading = try await host.reading(of: query("a")) { $0.failure != nil }
      #expect(reading?.value == .sample(7))
      #expect(reading?.failure?.kind == .partial(3))
      await host.until { _ in
        server.requests.count { $0.body.hasPrefix("query=a&") } >= 10
      }
      #expect(host.log.lines.count { $0.contains("partial answer") } == 1)
      #expect(
        host.exposition.contains("headstart_partial_answers_total{source=\"main\""))
    }
  }

  @Test(arguments: [(0, nil), (120, nil), (7230, "2h")] as [(Double, String?)])
  func `an answer that was evaluated long ago is none`(age: Double, told: String?) async throws {
    // Its age is that of the moment at which it is asked, however busy the machine is.
    let server = try ScriptedServer { _ in [scalar("7", age: age)] }
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(Fixtures.prometheus(server.address))
      try await host.retain(query("a"))
      let reading = try await host.reading(of: query("a")) { _ in true }
      #expect((reading?.failure == nil) == (told == nil))
      if let told { #expect(reading?.failure?.message.contains("evaluated \(told)") == true) }
    }
  }

  /// The recorded snapshot reaches half an hour far, and the lead time is five minutes.
  @Test(arguments: [
    (1800.0, "the snapshot ends at"), (172_800, "the snapshot ends at"),
    (-320, "the snapshot begins only at"), (-2_208_988_800, "the snapshot begins only at"),
  ])
  func `a snapshot that no lead window reaches is a failed fetch`(
    age: Double, told: String
  ) async throws {
    let present = Mutex(0.0)
    let server = try ScriptedServer { _ in
      [.reply(200, (try? Fixtures.forecast(age: present.withLock { $0 })) ?? "")]
    }
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(
        Fixtures.forecaster(server.address).refreshed(every: .milliseconds(20)))
      try await host.retain(workload)
      let before = try await host.reading(of: workload) { $0.value != nil }
      present.withLock { $0 = age }
      let reading = try await host.reading(of: workload) { $0.failure != nil }
      #expect(reading?.failure?.kind == .outside)
      #expect(reading?.failure?.message.contains(told) == true)
      #expect(reading?.value != nil && before?.value != nil)
      #expect(try await host.with { $0.sources.first?.lastError?.contains(told) } == true)
      #expect(host.exposition.contains("reason=\"outside_window\"} "))
      present.withLock { $0 = 0 }
      _ = try await host.reading(of: workload) { $0.failure == nil }
      #expect(try await host.with { $0.sources.first?.state } == .up)
    }
  }

  @Test(arguments: [1700.0, -280])
  func `a snapshot of which a part is in the lead window is a reading`(age: Double) async throws {
    // Of that age when it is asked for, however late that is.
    let server = try ScriptedServer { _ in
      [.reply(200, (try? Fixtures.forecast(age: age)) ?? "")]
    }
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(Fixtures.forecaster(server.address))
      try await host.retain(workload)
      let reading = try await host.reading(of: workload) { _ in true }
      #expect(reading?.failure == nil)
    }
  }

  @Test func `bad queries do not make the source fail, and do not flood the log`() async throws {
    let body = #"{"status":"error","errorType":"bad_data","error":"parse error"}"#
    let server = try ScriptedServer(always: .reply(400, body))
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(Fixtures.prometheus(server.address))
      let feeds = (0..<200).map { query("bad_\($0)") }
      try await host.with { refresher in for feed in feeds { refresher.retain(feed) } }
      await host.until { refresher in feeds.allSatisfy { refresher.reading(of: $0) != nil } }
      #expect(try await host.with { $0.sources.first?.state } == .up)
      #expect(host.log.lines.count <= LogBudget.linesPerPeriod + 1)
      #expect(host.exposition.contains("reason=\"query\"} "))
    }
  }

  @Test func `10,000 queries are all fetched, over few connections`() async throws {
    let server = try ScriptedServer(always: scalar("7"))
    defer { server.stop() }
    try await RefresherHost.run { host in
      try await host.define(
        Fixtures.prometheus(server.address).refreshed(every: .seconds(3600)))
      try await host.with { refresher in
        for number in 0..<10_000 { refresher.retain(query("sum(rate(m_\(number)[1m]))")) }
      }
      await host.untilReadings(10_000)
      for number in [0, 4999, 9999] {
        let feed = query("sum(rate(m_\(number)[1m]))")
        #expect(try await host.reading(of: feed)?.value == .sample(7))
      }
    }
    // A transfer that times out on a busy machine costs its connection.
    #expect(server.connections <= 10 * RefreshSource.maximumInFlight)
  }
}
