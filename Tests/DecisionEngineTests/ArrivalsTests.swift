internal import EventLoop
internal import Testing

@testable internal import DecisionEngine

struct ArrivalsTests {
  @Test func `what a manifest names comes before what clients may have made up, each in order`()
    throws
  {
    let worker = WorkerMailbox(loop: try EventLoop(name: "worker")) { _ in }
    var arrivals = Arrivals()
    for (name, isNamed) in [("x", false), ("a", true), ("y", false), ("b", true)] {
      let object = ScaledObject(namespace: "shop", name: name)
      arrivals.append(
        Arrivals.Arrival(object: object, ignored: [], worker: worker, isNamed: isNamed))
    }
    var names: [String] = []
    while let next = arrivals.popFirst() { names.append(next.object.name) }
    #expect(names == ["a", "b", "x", "y"])
    #expect(arrivals.isEmpty)
  }
}
