internal import EventLoop
internal import GRPCWire
internal import Time

/// What the connections of one worker share and none of them owns: the service, the clock, the buffers,
/// the timeouts, the counters, the log. Confined to the worker's loop.
///
/// Every connection holds it, and it holds every connection through the table until the connection has
/// ended and had its last turn; `WorkerCore.close` ends them all, and `close` lets them go.
final class WorkerContext {
  let service: any RPCService
  let table: ConnectionTable
  let configuration: HTTP2ServerConfiguration
  let counters: WorkerCounters
  let timeouts = WorkerTimeouts()
  private let budget: ConnectionBudget
  /// Where every read lands; what it holds is dealt with before the next read.
  let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  /// Where every write is collected.
  var output: [UInt8] = []
  /// Read once for each batch of events.
  private(set) var now = WorkerContext.clock
  /// Lets the worker go on with the connections that were postponed.
  var resumeTimer: LoopTimer?
  /// When each mistake of clients was last warned of.
  private var mistakes: [String: MonotonicTime] = [:]

  /// - Parameters:
  ///   - service: answers the calls of all connections in `table`.
  ///   - budget: the connections of all workers. The worker takes places; `remove` gives them back.
  init(
    service: any RPCService, table: ConnectionTable, configuration: HTTP2ServerConfiguration,
    counters: WorkerCounters, budget: ConnectionBudget
  ) {
    self.service = service
    self.table = table
    self.configuration = configuration
    self.counters = counters
    self.budget = budget
    output.reserveCapacity(96 << 10)
  }

  deinit {
    input.deallocate()
  }

  /// Ends the timers, whose actions belong to the worker, and forgets who wanted a turn. Called when the
  /// worker ends.
  func close() {
    timeouts.stop()
    resumeTimer = nil
    table.forgetTurns()
  }

  static var clock: MonotonicTime {
    MonotonicTime(nanoseconds: EventLoop.clock)
  }

  func readClock() {
    now = Self.clock
  }

  // MARK: Connections

  /// Adds a connection, which has no socket yet, for a place of the budget that was taken.
  func add(_ session: HTTP2Session, lifecycle: ConnectionLifecycle) -> HTTP2Connection {
    counters.connectionsOpen.add(1)
    return table.add { number, index in
      HTTP2Connection(
        number: number, index: index, session: session, lifecycle: lifecycle, in: self)
    }
  }

  /// Forgets a connection that has ended, and gives its place back.
  func remove(_ connection: HTTP2Connection, _ reason: ConnectionCloseReason) {
    table.remove(connection)
    budget.giveBack()
    counters.connectionClosed(reason)
  }

  /// Gives a connection another turn, the loop's next one, to go on with what was postponed.
  func postpone(_ connection: HTTP2Connection) {
    guard table.postpone(connection) else { return }
    // After the other sockets have been looked at. libuv would run a timer of zero that is started by a
    // timer in the same turn.
    resumeTimer?.start(after: .milliseconds(1))
  }

  // MARK: Log

  func log(_ level: HTTP2LogEntry.Level, _ message: String, peer: String? = nil) {
    configuration.log(HTTP2LogEntry(level: level, message: message, peer: peer))
  }

  /// Warns of what clients do wrong: once a minute for each kind of mistake, since it will come again
  /// and again.
  func logMistake(_ kind: String, _ message: String, peer: String? = nil) {
    let last = mistakes[kind]
    guard last.map({ $0.advanced(by: .seconds(60)) <= now }) ?? true else {
      return log(.debug, message, peer: peer)
    }
    mistakes[kind] = now
    log(.warning, message, peer: peer)
  }
}
