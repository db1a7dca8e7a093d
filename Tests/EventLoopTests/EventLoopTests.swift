internal import EventLoop
internal import Synchronization
internal import Testing

/// An actor that lives on a loop, as the servers and clients of the project do.
private actor Counter {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  private var timer: LoopTimer?
  private var fired = 0

  init(on loop: EventLoop) {
    self.loop = loop
  }

  func isOnLoop() -> Bool { loop.isCurrent }

  /// Counts the firings of a timer and resumes after `count` of them.
  func count(_ count: Int) async throws {
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      do {
        let timer = try LoopTimer(on: loop) { [unowned self] in
          self.assumeIsolated { counter in
            counter.fired += 1
            guard counter.fired == count else { return }
            counter.timer = nil
            done.resume()
          }
        }
        timer.start(after: .milliseconds(1), repeating: .milliseconds(1))
        self.timer = timer
      } catch {
        done.resume(throwing: error)
      }
    }
  }
}

@Suite struct EventLoopTests {
  @Test func `runs what is posted in order, on its own thread`() async throws {
    let loop = try EventLoop(name: "test")
    let thread = try loop.start()
    let seen = Mutex<[Int]>([])
    await withCheckedContinuation { done in
      for number in 0..<1000 {
        loop.post { seen.withLock { $0.append(loop.isCurrent ? number : -1) } }
      }
      loop.post { done.resume() }
    }
    #expect(seen.withLock { $0 } == Array(0..<1000))
    #expect(!loop.isCurrent)
    loop.stop()
    thread.join()
  }

  @Test func `is the executor of its actors, and timers re-enter them`() async throws {
    let loop = try EventLoop(name: "test")
    let thread = try loop.start()
    let counter = Counter(on: loop)
    #expect(await counter.isOnLoop())
    try await counter.count(3)
    loop.stop()
    thread.join()
  }

  @Test func `a call returns what the loop computed, or nil when the limit passes first`() throws {
    let loop = try EventLoop(name: "test")
    let thread = try loop.start()
    #expect(loop.call { loop.isCurrent } == true)
    #expect(loop.call(within: .seconds(60)) { 42 } == 42)
    let gate = Mutex(())
    let late: Int? = gate.withLock { _ in
      loop.call(within: .milliseconds(1)) {
        gate.withLock { _ in 1 }
      }
    }
    #expect(late == nil)
    loop.stop()
    thread.join()
  }

  @Test func `drops what is posted after its end`() throws {
    let loop = try EventLoop(name: "test")
    let thread = try loop.start()
    loop.stop()
    thread.join()
    loop.post { Issue.record("ran after the end") }
  }
}
