internal import EventLoop
internal import GRPCWire

/// The connections of one worker, and what they share: buffers, timer, counters. Confined to the
/// worker's loop.
final class ConnectionTable {
  let counters: WorkerCounters
  /// Where every read lands; what it holds is dealt with before the next read.
  let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  /// Where every write is collected.
  var output: [UInt8] = []
  var timeouts = DeadlineQueue<Timeout>()
  /// Read once for each batch of events.
  private(set) var now: MonotonicTime

  private var connections: [HTTP2Connection?] = []
  private var freeIndices: [Int] = []
  private var nextNumber: UInt64 = 0
  private var dirty: [HTTP2Connection] = []

  init(counters: WorkerCounters) {
    self.counters = counters
    now = Self.clock
    output.reserveCapacity(96 << 10)
  }

  deinit {
    input.deallocate()
  }

  static var clock: MonotonicTime {
    MonotonicTime(nanoseconds: EventLoop.clock)
  }

  func readClock() {
    now = Self.clock
  }

  var count: Int { connections.count - freeIndices.count }

  var all: [HTTP2Connection] { connections.compactMap(\.self) }

  func add(session: HTTP2Session, policy: ConnectionLifecycle) -> HTTP2Connection {
    let index = freeIndices.popLast() ?? connections.count
    if index == connections.count { connections.append(nil) }
    let connection = HTTP2Connection(
      number: nextNumber, index: index, session: session, policy: policy)
    nextNumber += 1
    connections[index] = connection
    counters.connectionsOpen.add(1)
    return connection
  }

  func remove(_ connection: HTTP2Connection) {
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
}
