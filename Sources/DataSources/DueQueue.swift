/// A binary heap of what is due when, the earliest first.
///
/// Items are not removed when they have become obsolete; their owner sees that by the ticket, and
/// drops them in bulk once they outnumber the others.
struct DueQueue<Element> {
  struct Item {
    /// On the loop's clock.
    var due: Duration
    /// Rises with every item: tells an item in force from an obsolete one of the same element,
    /// and of two that are due at the same time, which came first.
    var ticket: UInt64
    var element: Element

    fileprivate func isBefore(_ other: Item) -> Bool {
      due == other.due ? ticket < other.ticket : due < other.due
    }
  }

  private var heap: [Item] = []

  var count: Int { heap.count }

  var first: Item? { heap.first }

  mutating func push(_ item: Item) {
    heap.append(item)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { return }
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
        if heap[child].isBefore(heap[earliest]) { earliest = child }
      }
      guard earliest != parent else { return }
      heap.swapAt(parent, earliest)
      parent = earliest
    }
  }
}
