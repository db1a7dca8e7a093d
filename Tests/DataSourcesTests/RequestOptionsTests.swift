internal import HTTPClient
internal import Scaling
internal import TestKit
internal import Testing

@testable internal import DataSources

/// What one signal asks in its own way, on the wire.
struct RequestOptionsTests {
  private static let name = ResourceName(name: "main")

  private static func feed(_ options: RequestOptions) -> Feed {
    .query(source: name, promQL: "up", onEmpty: .error, options: Shared(options))
  }

  @Test func `tenants of one source are asked for by themselves`() async throws {
    let server = try ScriptedServer { request in
      let value = request.headers["x-scope-orgid"] == "a" ? 1 : 2
      return [
        .reply(
          200,
          #"{"status":"success","data":{"resultType":"scalar","result":[0,"\#(value)"]}}"#)
      ]
    }
    defer { server.stop() }
    let feeds = ["a", "b"].map { Self.feed(RequestOptions(headers: ["X-Scope-OrgID": $0])) }
    try await RefresherHost.run { host in
      try await host.define(Fixtures.prometheus(server.address))
      try await host.retain(feeds[0], feeds[1])
      for (feed, value) in zip(feeds, [1.0, 2.0]) {
        let reading = try await host.reading(of: feed) { $0.value != nil }
        #expect(reading?.value == .sample(value))
      }
    }
  }

  @Test func `a signal is fetched as often as it says`() {
    var schedule = RefreshSchedule(jitter: .random())
    let fast = Self.feed(RequestOptions(refresh: .seconds(2)))
    let usual = Feed.query(source: Self.name, promQL: "up", onEmpty: .error)
    schedule.sourceDefined(fast.sourceKey, refresh: .seconds(60), now: .zero)
    schedule.feedRetained(fast, now: .zero)
    schedule.feedRetained(usual, now: .zero)
    #expect(schedule.timeArrived(now: .zero).count(where: Self.isFetch) == 2)
    for feed in [fast, usual] { _ = schedule.fetchSucceeded(.feed(feed), now: .zero) }
    // The first wait of a feed is its place within the interval.
    #expect(schedule.timeArrived(now: .seconds(3)).contains(.fetch(.feed(fast))))
    _ = schedule.fetchSucceeded(.feed(fast), now: .seconds(3))
    let next = schedule.timeArrived(now: .seconds(6))
    #expect(next.contains(.fetch(.feed(fast))))
  }

  private static func isFetch(_ order: RefreshSchedule.Order) -> Bool {
    if case .fetch(.feed) = order { true } else { false }
  }
}
