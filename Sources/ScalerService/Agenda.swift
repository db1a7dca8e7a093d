package import Scaling

/// What has to be looked at again, and when: a binary heap of instants.
///
/// An item that is entered again keeps its old place in the heap until that comes up; `popDue` then
/// drops it, because its time is no longer the one that `due` says.
package struct Agenda<Item: Hashable> {
  private var heap: [(at: Instant, item: Item)] = []
  private var due: [Item: Instant] = [:]

  package init() {}

  /// The earliest entry, which may be one that was replaced; nil when there is none.
  package var next: Instant? { heap.first?.at }

  /// Enters an item, in place of its earlier entry.
  package mutating func set(_ item: Item, at instant: Instant) {
    guard due.updateValue(instant, forKey: item) != instant else { return }
    heap.append((instant, item))
    siftUp(from: heap.count - 1)
  }

  package mutating func remove(_ item: Item) {
    due[item] = nil
  }

  /// Takes out one item whose time has come; nil when there is none.
  package mutating func popDue(at now: Instant) -> Item? {
    while let first = heap.first, first.at <= now {
      removeFirst()
      guard due[first.item] == first.at else { continue }
      due[first.item] = nil
      return first.item
    }
    return nil
  }

  private mutating func removeFirst() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, heap[child + 1].at < heap[child].at { child += 1 }
      guard heap[child].at < heap[parent].at else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }

  private mutating func siftUp(from index: Int) {
    var child = index
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].at < heap[parent].at else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }
}
