internal import Scaling
internal import Testing
internal import Time

@testable internal import DecisionEngine

@Suite struct SubscriptionsTests {
  private let web = ScaledObject(namespace: "shop", name: "web")
  private let api = ScaledObject(namespace: "shop", name: "api")
  private let key = PolicyKey(name: ResourceName(namespace: "shop", name: "web"))

  private func bound() -> Subscriptions<String> {
    var subscriptions = Subscriptions<String>()
    subscriptions.bind(web, to: .success(key))
    return subscriptions
  }

  @Test func `an informed worker hears of changes, whatever the object is bound to`() {
    var subscriptions = bound()
    subscriptions.inform("one", of: web)
    subscriptions.inform("two", of: web)
    #expect(subscriptions.informed(of: web) == ["one", "two"])
    let error = AnswerError(.noPolicy, "none")
    subscriptions.bind(web, to: .failure(error))
    #expect(subscriptions.binding(of: web) == .failure(error))
    #expect(subscriptions.informed(of: web) == ["one", "two"])
    #expect(subscriptions.count == 1)
  }

  @Test func `the other triggers of a ScaledObject are known, with and without metadata`() {
    var subscriptions = bound()
    let start = Instant.distantPast
    subscriptions.date(web, at: start)
    let other = PolicyKey(name: ResourceName(namespace: "shop", name: "b"))
    let second = ScaledObject(namespace: "shop", name: "web", policy: "b")
    #expect(subscriptions.others(than: second).map(\.key) == [key])
    subscriptions.bind(second, to: .success(other))
    subscriptions.date(second, at: start.advanced(by: .seconds(9)))
    subscriptions.inform("one", of: second)
    #expect(subscriptions.others(than: web).map(\.key) == [other])
    #expect(subscriptions.others(than: web).map(\.since) == [start.advanced(by: .seconds(9))])
    #expect(subscriptions.others(than: second).map(\.key) == [key])
    #expect(subscriptions.others(than: api).isEmpty)
    _ = subscriptions.remove("one", from: second)
    #expect(subscriptions.others(than: web).isEmpty)
  }

  @Test func `of thousands of triggers of one ScaledObject a few are known`() {
    var subscriptions = bound()
    for number in 0..<1000 {
      let object = ScaledObject(namespace: "shop", name: "web", policy: "p\(number)")
      subscriptions.bind(object, to: .success(key))
      subscriptions.date(object, at: .distantPast)
    }
    #expect(subscriptions.others(than: web).count == 16)
  }

  @Test func `a waiting worker is informed once its wait ends`() {
    var subscriptions = bound()
    subscriptions.wait("one", for: web, until: .seconds(2))
    #expect(subscriptions.informed(of: web).isEmpty)
    #expect(subscriptions.endWaiting(for: web) == ["one"])
    #expect(subscriptions.informed(of: web) == ["one"])
    #expect(subscriptions.endWaiting(for: web).isEmpty)
  }

  @Test func `waits end at their deadlines`() {
    var subscriptions = bound()
    subscriptions.bind(api, to: .success(key))
    subscriptions.wait("one", for: web, until: .seconds(2))
    subscriptions.wait("one", for: api, until: .seconds(3))
    #expect(subscriptions.nextDeadline == .seconds(2))
    #expect(subscriptions.popExpiredWaits(at: .milliseconds(1999)).isEmpty)
    #expect(subscriptions.popExpiredWaits(at: .seconds(2)) == [web])
    #expect(subscriptions.nextDeadline == .seconds(3))
    #expect(subscriptions.popExpiredWaits(at: .seconds(4)) == [api])
    #expect(subscriptions.nextDeadline == nil)
  }

  @Test func `an object is forgotten with its last worker, waiting or informed`() {
    var subscriptions = bound()
    subscriptions.inform("one", of: web)
    subscriptions.wait("two", for: web, until: .seconds(2))
    #expect(subscriptions.remove("one", from: web) == nil)
    #expect(subscriptions.objects == [web])
    #expect(subscriptions.remove("two", from: web) == .success(key))
    #expect(subscriptions.binding(of: web) == nil)
    #expect(subscriptions.remove("two", from: web) == nil)
  }

  @Test func `an object that is not bound takes no workers`() {
    var subscriptions = Subscriptions<String>()
    subscriptions.inform("one", of: web)
    subscriptions.wait("one", for: web, until: .seconds(2))
    #expect(subscriptions.count == 0)
    #expect(subscriptions.nextDeadline == nil)
  }
}
