/// What is due when, the earliest first: a binary heap whose entries can be removed, because most
/// RPCs end long before their deadline.
///
/// Adding, removing and taking cost the logarithm of the count; adding deadlines in rising order,
/// which is the usual case, costs a constant. `Deadline` is a point in time of any clock.
package struct DeadlineQueue<Deadline: Comparable, Payload> {
  /// Names an entry until it is removed or taken.
  package struct Token: Sendable, Hashable {
    fileprivate let node: Int
    fileprivate let generation: UInt32
  }

  private struct Node {
    var deadline: Deadline
    var payload: Payload?
    /// Its place in `heap`.
    var position: Int
    /// Counts the uses of the node, so that an old token does not name a new entry.
    var generation: UInt32
  }

  private var nodes: [Node] = []
  private var free: [Int] = []
  /// Indices of `nodes`: the parent of place i is place (i - 1) / 2, and is never later.
  private var heap: [Int] = []

  package init() {}

  package var count: Int { heap.count }

  /// The earliest deadline.
  package var earliest: Deadline? {
    heap.first.map { nodes[$0].deadline }
  }

  package mutating func add(_ deadline: Deadline, _ payload: Payload) -> Token {
    let index: Int
    if let reused = free.popLast() {
      index = reused
      nodes[index].deadline = deadline
      nodes[index].payload = payload
    } else {
      index = nodes.count
      nodes.append(Node(deadline: deadline, payload: payload, position: 0, generation: 0))
    }
    nodes[index].position = heap.count
    heap.append(index)
    moveUp(from: heap.count - 1)
    return Token(node: index, generation: nodes[index].generation)
  }

  /// Removes an entry; nothing happens when it is already gone.
  package mutating func remove(_ token: Token) {
    guard nodes.indices.contains(token.node), nodes[token.node].generation == token.generation,
      nodes[token.node].payload != nil
    else { return }
    detach(at: nodes[token.node].position)
  }

  /// Takes one entry whose deadline is not after `now`, the earliest first.
  package mutating func takeExpired(at now: Deadline) -> Payload? {
    guard let index = heap.first, nodes[index].deadline <= now else { return nil }
    let payload = nodes[index].payload
    detach(at: 0)
    return payload
  }

  private mutating func detach(at position: Int) {
    let index = heap[position]
    let last = heap.removeLast()
    if last != index {
      heap[position] = last
      nodes[last].position = position
      moveDown(from: position)
      moveUp(from: position)
    }
    nodes[index].payload = nil
    nodes[index].generation &+= 1
    free.append(index)
  }

  private mutating func moveUp(from start: Int) {
    var position = start
    while position > 0 {
      let parent = (position - 1) / 2
      guard isEarlier(position, than: parent) else { return }
      exchange(position, parent)
      position = parent
    }
  }

  private mutating func moveDown(from start: Int) {
    var position = start
    while true {
      var earliest = position
      for child in [2 * position + 1, 2 * position + 2]
      where child < heap.count && isEarlier(child, than: earliest) {
        earliest = child
      }
      guard earliest != position else { return }
      exchange(position, earliest)
      position = earliest
    }
  }

  private func isEarlier(_ left: Int, than right: Int) -> Bool {
    nodes[heap[left]].deadline < nodes[heap[right]].deadline
  }

  private mutating func exchange(_ left: Int, _ right: Int) {
    heap.swapAt(left, right)
    nodes[heap[left]].position = left
    nodes[heap[right]].position = right
  }
}
