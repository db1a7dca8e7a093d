internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Testing

@testable internal import DataSources

@Suite struct QueueTests {
  @Test func `what is due comes out in order, after removals too`() {
    var random = JitterSource(seed: 5)
    var queue = DueQueue<Int>()
    for number in 0..<1000 {
      let due = Duration.milliseconds(Int.random(in: 0..<500, using: &random))
      queue.push(DueQueue.Item(due: due, ticket: UInt64(number), element: number))
    }
    queue.removeAll { $0.element.isMultiple(of: 3) }
    #expect(queue.count == 666)
    var seen: [Duration] = []
    while let item = queue.popFirst() {
      #expect(!item.element.isMultiple(of: 3))
      seen.append(item.due)
    }
    #expect(seen.count == 666)
    #expect(seen == seen.sorted())
    #expect(queue.first == nil)
  }

  @Test func `a line serves in order`() {
    var line = WaitingLine<Int>()
    #expect(line.popFirst() == nil)
    var expected = 0
    for number in 0..<1000 {
      line.append(number)
      guard number.isMultiple(of: 2) else { continue }
      #expect(line.popFirst() == expected)
      expected += 1
    }
    while let number = line.popFirst() {
      #expect(number == expected)
      expected += 1
    }
    #expect(expected == 1000)
    #expect(line.isEmpty)
    line.append(1)
    line.removeAll()
    #expect(line.isEmpty)
  }

  @Test func `a log budget is spent, and renewed`() {
    var budget = LogBudget()
    let start = Instant(milliseconds: 1_000_000)
    let verdicts = (0...LogBudget.linesPerPeriod).map { _ in budget.spend(at: start) }
    #expect(verdicts.dropLast(2).allSatisfy { $0 == .log })
    #expect(Array(verdicts.suffix(2)) == [.logLast, .skip])
    let justBefore = start.advanced(by: LogBudget.period - .milliseconds(1))
    #expect(budget.spend(at: justBefore) == .skip)
    #expect(budget.spend(at: start.advanced(by: LogBudget.period)) == .log)
    for _ in 0..<100 { _ = budget.spend(at: start.advanced(by: LogBudget.period)) }
    #expect(budget.spend(at: start) == .log)
  }

  @Test(arguments: [(1, 1), (2, 2), (3, 3), (100, 3), (0, 1)])
  func `a source is failing after a few failures in a row`(feeds: Int, needed: Int) {
    for start in [SourceHealth.unknown(failures: 0), .up(failures: 0)] {
      var health = start
      for _ in 1..<needed { #expect(health.failed(feeds: feeds) == .none) }
      #expect(health.failed(feeds: feeds) == .wentDown)
      #expect(health == .failing)
      #expect(health.failed(feeds: feeds) == .none)
      #expect(health.answered() == .recovered)
      #expect(health == .up(failures: 0))
      #expect(health.answered() == .none)
    }
  }
}
