internal import Scaling
internal import TestKit
internal import Testing

/// What is remembered of past operations, and which policy holds a target.
struct OperationHistoryTests {
  private static func operation(
    _ to: Int, _ outcome: ScaleOperation.Outcome = .succeeded, name: String = "checkout",
    at seconds: Int64 = 0
  ) -> ScaleOperation {
    var target = checkout
    target.name = name
    return ScaleOperation(
      at: wallClock + .seconds(seconds), target: target, wish: .of(to), from: 1, to: to,
      outcome: outcome)
  }

  @Test func `The last fifty of a target are kept, the newest first`() {
    var history = OperationHistory()
    for index in 0..<51 { history.record(Self.operation(index, at: Int64(index))) }
    let kept = history.operations()
    #expect(kept.count == 50)
    #expect(kept.first?.to == 50)
    #expect(kept.last?.to == 1)
  }

  @Test func `The same again is counted, whatever came of it`() {
    var history = OperationHistory()
    #expect(history.record(Self.operation(2, .failed("no"))) == true)
    #expect(history.record(Self.operation(2, .failed("no"), at: 60)) == false)
    #expect(history.record(Self.operation(3, .failed("no"), at: 70)) == true)
    #expect(history.record(Self.operation(3, .succeeded, at: 80)) == true)
    #expect(history.record(Self.operation(3, .succeeded, at: 90)) == false)
    #expect(history.record(Self.operation(4, .succeeded, at: 95)) == true)
    #expect(history.operations().map(\.count) == [1, 2, 1, 2])
    #expect(history.operations().last?.at == wallClock + .seconds(60))
  }

  @Test func `Targets beyond the limit displace the one tried longest ago`() {
    var limits = OperationHistory.Limits()
    limits.targets = 2
    var history = OperationHistory(limits: limits)
    history.record(Self.operation(1, name: "a", at: 0))
    history.record(Self.operation(1, name: "b", at: 1))
    history.record(Self.operation(2, name: "a", at: 2))
    history.record(Self.operation(1, name: "c", at: 3))
    #expect(Set(history.operations().map(\.target.name)) == ["a", "c"])
  }

  @Test func `Operations are found by namespace, name, kind and policy`() {
    var history = OperationHistory()
    history.record(Self.operation(1, name: "a"))
    history.record(Self.operation(1, name: "b"))
    func found(_ filter: OperationHistory.Filter) -> [String] {
      history.operations(filter).map(\.target.name).sorted()
    }
    #expect(found(.init()) == ["a", "b"])
    #expect(found(.init(namespace: "shop")) == ["a", "b"])
    #expect(found(.init(namespace: "bank")) == [])
    #expect(found(.init(name: "a")) == ["a"])
    #expect(found(.init(kind: "StatefulSet")) == [])
    #expect(found(.init(kind: "Deployment", policy: "calendar")) == ["a", "b"])
    #expect(found(.init(policy: "other")) == [])
  }

  // MARK: Claims

  @Test func `One policy holds a target, the next waits for it`() {
    var registry = TargetRegistry<String>()
    #expect(registry.claimed(checkout, by: "b") == .granted)
    #expect(registry.claimed(checkout, by: "b") == .granted)
    #expect(registry.claimed(checkout, by: "c") == .refused(holder: "b"))
    #expect(registry.claimed(checkout, by: "a") == .refused(holder: "b"))
    #expect(registry.released("b") == .freed(checkout, heir: "a"))
    #expect(registry.holder(of: checkout) == "a")
    #expect(registry.released("c") == .nothing)
    #expect(registry.released("a") == .freed(checkout, heir: nil))
    #expect(registry.released("a") == .nothing)
    #expect(registry.holder(of: checkout) == nil)
  }
}
