internal import Testing

@testable internal import DirectScaling

/// Whether requests go to the pods or to the resolver.
struct TrafficStateTests {
  @Test func `Without a ready pod the resolver has the requests`() {
    var state = TrafficState()
    #expect(!state.isServing)
    state.endpoints(ready: ["10.0.0.1"])
    #expect(state.isServing)
    state.endpoints(ready: [])
    #expect(!state.isServing)
  }

  @Test func `Before the last pod goes the resolver has them, until it is seen what came of it`() {
    var state = TrafficState()
    state.endpoints(ready: ["10.0.0.1"])
    state.leaves()
    #expect(!state.isServing)
    // The write failed.
    state.observed(replicas: 1, now: .zero)
    #expect(state.isServing)
  }

  @Test func `Pods that go do not serve, though their slices still call them ready`() {
    var state = TrafficState()
    state.endpoints(ready: ["10.0.0.1"])
    state.leaves()
    state.observed(replicas: 0, now: .zero)
    #expect(!state.isServing)
    // Woken at once: the old pod is still listed.
    state.observed(replicas: 1, now: .seconds(1))
    state.endpoints(ready: ["10.0.0.1"])
    #expect(!state.isServing)
    state.endpoints(ready: ["10.0.0.2"])
    #expect(state.isServing)
  }

  @Test func `A pod that outlived a target that came back at once serves after the lag`() {
    var state = TrafficState()
    state.endpoints(ready: ["10.0.0.1"])
    state.observed(replicas: 0, now: .zero)
    #expect(!state.isWaiting)
    state.observed(replicas: 1, now: .seconds(1))
    #expect(state.isWaiting)
    state.timePassed(now: .seconds(10))
    #expect(!state.isServing)
    state.timePassed(now: .seconds(11))
    #expect(state.isServing)
    #expect(!state.isWaiting)
  }

  @Test func `An address that comes back is another pod's`() {
    var state = TrafficState()
    state.endpoints(ready: ["10.0.0.1"])
    state.observed(replicas: 0, now: .zero)
    state.endpoints(ready: [])
    state.observed(replicas: 1, now: .seconds(1))
    state.endpoints(ready: ["10.0.0.1"])
    #expect(state.isServing)
  }

  @Test func `A target that somebody else brings back serves as soon as a pod is ready`() {
    var state = TrafficState()
    state.observed(replicas: 0, now: .zero)
    state.endpoints(ready: ["10.0.0.2"])
    #expect(state.isServing)
  }
}
