/// A binary heap of what is due when, the earliest first.
///
/// Items are not removed when they have become obsolete; their owner sees that by the ticket, and
/// drops them in bulk once they outnumber the others.
struct DueQueue<Element> {
  struct Item {
    /// On the loop's clock.
    var due: Duration
    /// Tells an item in force from an obsolete one of the same element.
    var ticket: UInt64
    var element: Element
  }

  private var heap: [Item] = []

  var count: Int { heap.count }

  var first: Item? { heap.first }

  mutating func push(_ item: Item) {
    heap.append(item)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].due < heap[parent].due else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func popFirst() -> Item? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      siftDown(from: 0)
    }
    return first
  }

  mutating func removeAll(where isObsolete: (Item) -> Bool) {
    heap.removeAll(where: isObsolete)
    for parent in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(from: parent) }
  }

  private mutating func siftDown(from start: Int) {
    var parent = start
    while true {
      var earliest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].due < heap[earliest].due { earliest = child }
      }
      guard earliest != parent else { return }
      heap.swapAt(parent, earliest)
      parent = earliest
    }
  }
}
