internal import Testing

@testable internal import Serving

/// What a process says of itself while it starts, serves and ends.
struct ProcessStateTests {
  @Test func `starts, serves, and serves no more once it is to stop`() {
    let state = ProcessState()
    #expect(state.isStarting && !state.isServing && !state.isStopping)
    state.isServing = true
    #expect(!state.isStarting && state.isServing)
    state.stop(signal: 15)
    #expect(!state.isServing && state.isStopping && !state.isStarting)
    // Does not block.
    state.waitForStop()
  }

  @Test func `a countdown is over with the last one`() {
    let finished = Latch()
    let countdown = Countdown(from: 2) { finished.open() }
    countdown.countDown()
    #expect(!finished.wait(for: .zero))
    countdown.countDown()
    #expect(finished.wait(for: .zero))
    countdown.wait(for: .seconds(10))
  }
}
