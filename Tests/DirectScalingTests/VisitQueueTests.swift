internal import TestKit
internal import Testing

@testable internal import DirectScaling

/// Which targets are visited at once, and which wait.
struct VisitQueueTests {
  @Test func `Only so many are visited at once, the urgent first`() {
    var queue = VisitQueue<Int>(limit: 2)
    #expect(queue.arrived(1, isUrgent: false) == true)
    #expect(queue.arrived(2, isUrgent: false) == true)
    #expect(queue.arrived(2, isUrgent: false) == true)
    #expect(queue.arrived(3, isUrgent: false) == false)
    #expect(queue.arrived(4, isUrgent: false) == false)
    #expect(queue.arrived(5, isUrgent: true) == false)
    #expect(queue.arrived(4, isUrgent: true) == false)
    #expect(queue.left(1) == 5)
    #expect(queue.left(2) == 4)
    #expect(queue.left(5) == 3)
    #expect(queue.left(3) == nil)
    #expect(queue.left(4) == nil)
    #expect(queue.arrived(6, isUrgent: false) == true)
  }

  @Test func `Who leaves while it waits has no turn`() {
    var queue = VisitQueue<Int>(limit: 1)
    #expect(queue.arrived(1, isUrgent: false) == true)
    #expect(queue.arrived(2, isUrgent: false) == false)
    #expect(queue.left(2) == nil)
    #expect(queue.left(1) == nil)
  }

  @Test func `Who waits in both lines has one turn`() {
    var queue = VisitQueue<Int>(limit: 1)
    #expect(queue.arrived(1, isUrgent: false) == true)
    #expect(queue.arrived(2, isUrgent: false) == false)
    #expect(queue.arrived(2, isUrgent: true) == false)
    #expect(queue.arrived(3, isUrgent: false) == false)
    #expect(queue.left(1) == 2)
    #expect(queue.left(2) == 3)
    #expect(queue.left(3) == nil)
  }

  @Test func `Nobody is visited beyond the limit, and everybody once for each arrival`() throws {
    var random = SeededGenerator(seed: 7)
    var queue = VisitQueue<Int>(limit: 3)
    var visiting: Set<Int> = []
    var waiting: Set<Int> = []
    for _ in 0..<10_000 {
      let visitor = Int.random(in: 0..<12, using: &random)
      if random.chance(50) {
        let mayBegin = queue.arrived(visitor, isUrgent: random.chance(30))
        try #require(mayBegin == (visiting.contains(visitor) || visiting.count < 3))
        if mayBegin { visiting.insert(visitor) } else { waiting.insert(visitor) }
      } else {
        let wasVisiting = visiting.remove(visitor) != nil
        waiting.remove(visitor)
        let next = queue.left(visitor)
        try #require((next != nil) == (wasVisiting && !waiting.isEmpty))
        guard let next else { continue }
        try #require(waiting.remove(next) != nil)
        visiting.insert(next)
      }
    }
  }
}
