internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Testing
internal import Time

@testable internal import DataSources

@Suite struct QueueTests {
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
    expectTrouble(from: .up(failures: 0), feeds: feeds, needed: needed)
  }

  @Test(arguments: [(1, 1), (3, 3), (16, 16), (100, 16), (0, 1)])
  func `a source that never answered is failing after a few more`(feeds: Int, needed: Int) {
    expectTrouble(from: .unknown(failures: 0), feeds: feeds, needed: needed)
  }

  @Test func `a source is up while one of its feeds is answered`() {
    var health = SourceHealth.up(failures: 0)
    for _ in 0..<100 { #expect(health.failed(feeds: 8, answered: 1) == .none) }
    #expect(health.failed(feeds: 8, answered: 0) == .wentDown)
  }

  private func expectTrouble(from start: SourceHealth, feeds: Int, needed: Int) {
    var health = start
    for _ in 1..<needed { #expect(health.failed(feeds: feeds, answered: 0) == .none) }
    #expect(health.failed(feeds: feeds, answered: 0) == .wentDown)
    #expect(health == .failing)
    #expect(health.failed(feeds: feeds, answered: 0) == .none)
    #expect(health.answered() == .recovered)
    #expect(health == .up(failures: 0))
    #expect(health.answered() == .none)
  }
}
