package import Scaling

/// What an agenda reminds of.
package protocol AgendaItem: AnyObject {
  /// When it is due; the distant future when it is not entered. The agenda's to set: a dictionary of
  /// its own would take 40 bytes for each of 100,000 items.
  var due: Instant { get set }
}

/// What has to be looked at again, and when: a binary heap of instants.
///
/// An item that is entered again keeps its old place in the heap until that comes up; `popDue` then
/// drops it, because its time is no longer the one that `due` says.
package struct Agenda<Item: AgendaItem> {
  private var heap: [(at: Instant, item: Item)] = []

  package init() {}

  /// The earliest entry, which may be one that was replaced; nil when there is none.
  package var next: Instant? { heap.first?.at }

  /// Enters an item, in place of its earlier entry.
  package mutating func set(_ item: Item, at instant: Instant) {
    guard item.due != instant else { return }
    item.due = instant
    heap.append((instant, item))
    siftUp(from: heap.count - 1)
  }

  package func remove(_ item: Item) {
    item.due = .distantFuture
  }

  /// Takes out one item whose time has come; nil when there is none.
  package mutating func popDue(at now: Instant) -> Item? {
    while let first = heap.first, first.at <= now {
      removeFirst()
      guard first.item.due == first.at else { continue }
      first.item.due = .distantFuture
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
