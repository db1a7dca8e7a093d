internal import DecisionEngine
internal import Scaling
internal import Testing

private final class Item: AgendaItem {
  let name: String
  var due = Instant.distantFuture

  init(_ name: String) {
    self.name = name
  }
}

@Suite struct AgendaTests {
  private func instant(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }

  @Test func `gives what is due, the earliest first, and keeps the rest`() {
    var agenda = Agenda<Item>()
    let (a, b, c) = (Item("a"), Item("b"), Item("c"))
    agenda.set(c, at: instant(3))
    agenda.set(a, at: instant(1))
    agenda.set(b, at: instant(2))
    #expect(agenda.next == instant(1))
    #expect(agenda.popDue(at: instant(2)) === a)
    #expect(agenda.popDue(at: instant(2)) === b)
    #expect(agenda.popDue(at: instant(2)) == nil)
    #expect(agenda.popDue(at: instant(3)) === c)
    #expect(agenda.next == nil)
  }

  @Test func `a later entry replaces an earlier one, and an earlier one a later`() {
    var agenda = Agenda<Item>()
    let a = Item("a")
    agenda.set(a, at: instant(1))
    agenda.set(a, at: instant(5))
    #expect(agenda.popDue(at: instant(4)) == nil)
    agenda.set(a, at: instant(2))
    #expect(agenda.popDue(at: instant(4)) === a)
    #expect(agenda.popDue(at: instant(9)) == nil)
  }

  @Test func `what is removed never comes up`() {
    var agenda = Agenda<Item>()
    let a = Item("a")
    agenda.set(a, at: instant(1))
    agenda.remove(a)
    #expect(agenda.popDue(at: instant(9)) == nil)
    agenda.set(a, at: instant(1))
    #expect(agenda.popDue(at: instant(9)) === a)
  }

  @Test func `agrees with a sorted list over random entries`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      var agenda = Agenda<Item>()
      let items = (0..<40).map { Item("\($0)") }
      var expected: [String: Instant] = [:]
      for _ in 0..<200 {
        let item = items[.random(in: 0..<40, using: &random)]
        let at = instant(.random(in: 0..<100, using: &random))
        agenda.set(item, at: at)
        expected[item.name] = at
      }
      for second in Int64(0)..<100 {
        var due: Set<String> = []
        while let item = agenda.popDue(at: instant(second)) { due.insert(item.name) }
        #expect(due == Set(expected.filter { $0.value == instant(second) }.keys))
      }
    }
  }
}
