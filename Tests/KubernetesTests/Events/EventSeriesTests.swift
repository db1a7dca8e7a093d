internal import Scaling
internal import Testing
internal import Time

@testable internal import Kubernetes

@Suite struct EventSeriesTests {
  private static let wallClock = Instant(milliseconds: 1_763_676_000_000)
  private var series = EventSeries()

  private static func note(_ name: String = "web", _ text: String = "x") -> EventNote {
    EventNote(
      regarding: ObjectReference(
        apiVersion: "v1", kind: "Pod", namespace: "default", name: name, resourceVersion: "1"),
      reason: "Invalid", action: "Validate", note: text)
  }

  private mutating func happened(_ note: EventNote, at now: Duration) -> EventSeries.Order {
    series.happened(note, now: now, wallClock: Self.wallClock)
  }

  private static func name(_ order: EventSeries.Order) -> String? {
    if case .create(let name, _, _) = order { name } else { nil }
  }

  @Test mutating func `the first time is an event, the next a series of it`() throws {
    let name = try #require(Self.name(happened(Self.note(), at: .zero)))
    #expect(happened(Self.note(), at: .seconds(1)) == .none)
    #expect(
      happened(Self.note(), at: EventSeries.updateInterval)
        == .update(name: name, namespace: "default", count: 3, last: Self.wallClock))
  }

  @Test mutating func `another version of the object is the same object`() {
    _ = happened(Self.note(), at: .zero)
    var later = Self.note()
    later.regarding.resourceVersion = "2"
    #expect(happened(later, at: .seconds(1)) == .none)
  }

  @Test mutating func `another text or object is another event`() {
    let names = [
      happened(Self.note(), at: .zero), happened(Self.note("web", "y"), at: .zero),
      happened(Self.note("api"), at: .zero),
    ].compactMap(Self.name)
    #expect(Set(names).count == 3)
  }

  @Test mutating func `what was counted meanwhile is written when it is due`() throws {
    let name = try #require(Self.name(happened(Self.note(), at: .zero)))
    _ = happened(Self.note(), at: .seconds(1))
    #expect(series.due(now: EventSeries.updateInterval - .milliseconds(1)) == [])
    #expect(
      series.due(now: EventSeries.updateInterval)
        == [.update(name: name, namespace: "default", count: 2, last: Self.wallClock)])
    #expect(series.due(now: EventSeries.updateInterval * 3) == [])
  }

  @Test mutating func `after a long pause it is a new event`() {
    _ = happened(Self.note(), at: .zero)
    #expect(happened(Self.note(), at: EventSeries.longestPause - .milliseconds(1)) != .drop)
    let order = happened(Self.note(), at: EventSeries.longestPause * 2)
    #expect(Self.name(order) != nil)
  }

  @Test mutating func `an event that is gone is made again`() throws {
    let name = try #require(Self.name(happened(Self.note(), at: .zero)))
    series.lost(name: name)
    #expect(Self.name(happened(Self.note(), at: .seconds(1))) != nil)
  }

  @Test mutating func `a flood is dropped beyond the budget, which comes back`() {
    let orders = (0...EventSeries.burst).map { happened(Self.note("web-\($0)"), at: .zero) }
    #expect(orders.count { Self.name($0) != nil } == EventSeries.burst)
    #expect(orders.last == .drop)
    #expect(Self.name(happened(Self.note("late"), at: .milliseconds(500))) != nil)
    #expect(happened(Self.note("later"), at: .milliseconds(500)) == .drop)
  }

  @Test(arguments: [
    ("web", "web."), (String(repeating: "a", count: 253), String(repeating: "a", count: 200) + "."),
    (String(repeating: "a", count: 199) + "-b", String(repeating: "a", count: 199) + "."),
  ])
  mutating func `a name is the object's and a number`(name: String, prefix: String) throws {
    let found = try #require(Self.name(happened(Self.note(name), at: .zero)))
    #expect(found.hasPrefix(prefix))
    #expect(found.utf8.count <= 253)
  }
}
