/// The connections of one worker, by their ids, and which of them want a turn. Confined to the worker's
/// loop.
final class ConnectionTable {
  private var connections: [HTTP2Connection?] = []
  private var freeIndices: [Int] = []
  private var nextNumber: UInt64 = 0
  /// Those that have something to write.
  private var dirty: [HTTP2Connection] = []
  /// Those that have been read from more than they could be dealt with in one turn.
  private var postponed: [HTTP2Connection] = []

  var count: Int { connections.count - freeIndices.count }

  var all: [HTTP2Connection] { connections.compactMap(\.self) }

  func add(_ make: (_ number: UInt64, _ index: Int) -> HTTP2Connection) -> HTTP2Connection {
    let index = freeIndices.popLast() ?? connections.count
    if index == connections.count { connections.append(nil) }
    assert(connections[index] == nil, "the place is free")
    let connection = make(nextNumber, index)
    nextNumber += 1
    connections[index] = connection
    return connection
  }

  func remove(_ connection: HTTP2Connection) {
    assert(connections[connection.index] === connection, "a connection is removed once")
    connections[connection.index] = nil
    freeIndices.append(connection.index)
  }

  /// The connection and the slot of an RPC; nil when it is gone.
  func find(_ rpc: RPCID) -> (connection: HTTP2Connection, slot: StreamSlot.Pointer)? {
    guard connections.indices.contains(rpc.index), let connection = connections[rpc.index],
      connection.number == rpc.connection, let slot = connection.session.slot(of: rpc.stream)
    else { return nil }
    return (connection, slot)
  }

  /// Notes that `connection` has something to write, which happens before the loop waits again.
  func markDirty(_ connection: HTTP2Connection) {
    guard !connection.isDirty else { return }
    connection.isDirty = true
    dirty.append(connection)
  }

  /// Takes one connection that has something to write.
  func takeDirty() -> HTTP2Connection? {
    guard let connection = dirty.popLast() else { return nil }
    connection.isDirty = false
    return connection
  }

  /// Notes that `connection` has bytes to go on with.
  ///
  /// - Returns: whether it is the first.
  func postpone(_ connection: HTTP2Connection) -> Bool {
    assert(!connection.isPostponed, "a connection has one place in the list")
    connection.isPostponed = true
    postponed.append(connection)
    return postponed.count == 1
  }

  /// Takes all connections that have bytes to go on with.
  func takePostponed() -> [HTTP2Connection] {
    let connections = postponed
    postponed.removeAll(keepingCapacity: true)
    return connections
  }

  /// Forgets who wanted a turn; there will be none.
  func forgetTurns() {
    dirty = []
    postponed = []
  }
}
