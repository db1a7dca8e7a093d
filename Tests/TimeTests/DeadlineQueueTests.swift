internal import TestKit
internal import Testing
internal import Time

@Suite struct DeadlineQueueTests {
  @Test func `gives out what has expired, the earliest first`() {
    var queue = DeadlineQueue<MonotonicTime, String>()
    _ = queue.add(time(30), "c")
    _ = queue.add(time(10), "a")
    _ = queue.add(time(20), "b")
    #expect(queue.earliest == time(10))
    #expect(queue.takeExpired(at: time(9)) == nil)
    #expect(queue.takeExpired(at: time(20)) == "a")
    #expect(queue.takeExpired(at: time(20)) == "b")
    #expect(queue.takeExpired(at: time(20)) == nil)
    #expect(queue.count == 1)
  }

  @Test func `a removed entry is gone, and its token names nothing else`() {
    var queue = DeadlineQueue<MonotonicTime, String>()
    let first = queue.add(time(10), "a")
    queue.remove(first)
    queue.remove(first)
    #expect(queue.earliest == nil)
    _ = queue.add(time(20), "b")
    queue.remove(first)
    #expect(queue.takeExpired(at: time(20)) == "b")
  }

  @Test func `agrees with a sorted list`() {
    var generator = SeededGenerator(seed: 7)
    var queue = DeadlineQueue<MonotonicTime, Int>()
    var entries: [Int: (time: UInt64, token: DeadlineQueue<MonotonicTime, Int>.Token)] = [:]
    for number in 0..<20_000 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        let deadline = UInt64.random(in: 0...1000, using: &generator)
        entries[number] = (deadline, queue.add(time(deadline), number))
      case 5..<8:
        guard let key = entries.keys.min() else { continue }
        if let token = entries.removeValue(forKey: key)?.token { queue.remove(token) }
      default:
        let now = entries.values.map(\.time).min() ?? 0
        let taken = queue.takeExpired(at: time(now))
        #expect(taken.flatMap { entries[$0]?.time } == (entries.isEmpty ? nil : now))
        if let taken { entries[taken] = nil }
      }
      #expect(queue.count == entries.count)
      #expect(queue.earliest == entries.values.map(\.time).min().map(time))
      guard entries.count > 200 else { continue }
      for (key, entry) in entries.sorted(by: { $0.key < $1.key }).prefix(150) {
        queue.remove(entry.token)
        entries[key] = nil
      }
    }
  }

  private func time(_ nanoseconds: UInt64) -> MonotonicTime {
    MonotonicTime(nanoseconds: nanoseconds)
  }
}
