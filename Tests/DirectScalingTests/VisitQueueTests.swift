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
}
