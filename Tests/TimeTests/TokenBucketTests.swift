internal import Testing
internal import Time

@Suite struct TokenBucketTests {
  /// Takes a number of tokens at each instant, in milliseconds.
  private func take(
    _ steps: [(count: Int, milliseconds: UInt64)], capacity: Int = 3, perSecond: Double = 10,
    startingAt start: UInt64 = 0
  ) -> [Bool] {
    func time(_ milliseconds: UInt64) -> MonotonicTime {
      MonotonicTime(nanoseconds: 1_000_000_000 + milliseconds * 1_000_000)
    }
    var bucket = TokenBucket(capacity: capacity, perSecond: perSecond, now: time(start))
    return steps.map { bucket.take($0.count, now: time($0.milliseconds)) }
  }

  @Test func `gives what it holds, and not one more`() {
    #expect(take([(1, 0), (2, 0), (1, 0)]) == [true, true, false])
  }

  @Test func `fills with time`() {
    #expect(take([(3, 0), (1, 99), (1, 100), (1, 100)]) == [true, false, true, false])
  }

  @Test func `holds no more than it can, however long it waits`() {
    #expect(take([(3, 3_600_000), (1, 3_600_000)]) == [true, false])
    #expect(take([(3, 0), (3, 3_600_000), (1, 3_600_000)]) == [true, true, false])
  }

  @Test func `a request for more than there is takes nothing`() {
    #expect(take([(4, 0), (3, 0)]) == [false, true])
  }

  @Test func `a clock that stands still or goes back fills nothing`() {
    #expect(
      take([(1, 50), (1, 0), (1, 50)], capacity: 1, perSecond: 1000, startingAt: 50)
        == [true, false, false])
  }

  @Test func `says how long to wait, and when it is full`() {
    let start = MonotonicTime.start
    var bucket = TokenBucket(capacity: 2, perSecond: 0.5, now: start)
    #expect(bucket.isFull(now: start))
    let isTaken = bucket.take(2, now: start)
    #expect(isTaken)
    #expect(bucket.wait(now: start) == .seconds(2))
    #expect(bucket.wait(for: 2, now: start.advanced(by: .seconds(1))) == .seconds(3))
    #expect(bucket.wait(now: start.advanced(by: .seconds(2))) == .zero)
    #expect(!bucket.isFull(now: start.advanced(by: .seconds(3))))
    #expect(bucket.isFull(now: start.advanced(by: .seconds(4))))
  }
}
