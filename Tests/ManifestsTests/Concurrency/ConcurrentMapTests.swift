internal import Synchronization
internal import Testing

@testable internal import Manifests

struct ConcurrentMapTests {
  @Test(arguments: [0, 1, 2, 8, 200], [0, 1, 3, 100])
  func `the results have the order of the elements`(threads: Int, count: Int) {
    let calls = Mutex(0)
    let results = Array(0..<count).concurrentMap(threads: threads) { index, element in
      calls.withLock { $0 += 1 }
      return "\(index) \(element)"
    }
    #expect(results == (0..<count).map { "\($0) \($0)" })
    #expect(calls.withLock(\.self) == count)
  }

  @Test func `a thread waits for what another one changes`() {
    let turn = Monitor(0)
    let order = Mutex<[Int]>([])
    // Whoever has the second element waits until the first has been passed on.
    _ = [1, 0].concurrentMap(threads: 2) { _, wanted in
      _ = turn.wait { $0 == wanted || wanted == 0 ? true : nil }
      order.withLock { $0.append(wanted) }
      turn.change { $0 = 1 }
      return wanted
    }
    #expect(order.withLock(\.self) == [0, 1])
  }
}
