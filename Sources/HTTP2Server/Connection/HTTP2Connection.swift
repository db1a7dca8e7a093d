internal import EventLoop
internal import GRPCWire

/// One client: its byte stream, its HTTP/2 session, and the policy that says when it ends. Moves bytes
/// between the first two. Confined to its worker's loop.
final class HTTP2Connection {
  /// How writing ended.
  enum OnWrite {
    case allSent
    /// The kernel takes no more for now.
    case blocked
    case failed(String)
  }

  /// Counts the connections of the worker.
  let number: UInt64
  /// Its place in the worker's table.
  let index: Int
  let session: HTTP2Session
  var policy: ConnectionLifecycle
  /// Set once the client is connected, nil once the connection is closed.
  var stream: ByteStream? {
    didSet { peer = stream?.peer ?? peer }
  }
  /// The client's address, for the log.
  private(set) var peer = "unknown"
  var isClosed = false
  /// Whether it is in the table's list of connections with something to be written.
  var isDirty = false
  /// Whether the output is shut, and the input only read to its end.
  var isLingering = false
  /// The first bytes that came, by which a client that speaks no HTTP/2 is told apart.
  var firstBytes: [UInt8] = []
  /// What was read from the socket and not by the session, because other connections have their turn.
  var postponed: [UInt8] = []
  /// Whether it is in the worker's list of connections that go on with `postponed`.
  var isPostponed = false
  /// The request whose header block was not complete at the last look, and how often in a row.
  var slowHead: (stream: Int32, looks: Int) = (0, 0)
  /// When the worker's timer asks the policy again.
  var timer: (time: MonotonicTime, token: DeadlineQueue<Timeout>.Token)?

  /// Whether the kernel took something since the last look, and how often in a row it had not.
  private var hasMoved = false
  private var stillLooks = 0
  /// What was pulled from the session and not yet offered to the kernel. Has the worker's output buffer
  /// as long as it is not empty.
  private var gathered: [UInt8] = []
  /// What was pulled from the session and not taken by the kernel. Only one of the two is ever in use.
  private var tail: [UInt8] = []

  init(number: UInt64, index: Int, session: HTTP2Session, policy: ConnectionLifecycle) {
    self.number = number
    self.index = index
    self.session = session
    self.policy = policy
  }

  func id(of stream: Int32) -> RPCID {
    RPCID(connection: number, index: index, stream: stream)
  }

  /// Pulls what the session has to send, for `write` to send it. nghttp2 closes the streams whose
  /// answers were pulled, and the next piece of input has their memory again: what 16 calls need stays
  /// in the processor's caches, what 60 need does not, for which each of them took a seventh more time.
  ///
  /// - Parameter scratch: the worker's output buffer, which `write` gives back.
  func gather(through scratch: inout [UInt8]) throws(HTTP2Session.Failure) {
    guard tail.isEmpty, stream?.isEstablished == true else { return }
    if gathered.isEmpty {
      scratch.removeAll(keepingCapacity: true)
      swap(&scratch, &gathered)
    }
    // Where there was nothing to pull, `write` would not know that it has a buffer to give back, and
    // every connection would keep one.
    defer { if gathered.isEmpty { swap(&scratch, &gathered) } }
    _ = try session.pull(into: &gathered)
  }

  /// Writes what was gathered and what the session has to send, until that is all or the kernel takes no
  /// more.
  ///
  /// - Parameter scratch: the worker's output buffer.
  func write(
    through scratch: inout [UInt8], counting sent: WorkerCounters.Counter
  ) -> OnWrite {
    guard let stream else { return .allSent }
    if !tail.isEmpty {
      switch stream.write(tail) {
      case .failed(let reason): return .failed(reason)
      case .bytes(let count):
        sent.add(count)
        hasMoved = true
        tail.removeFirst(count)
        guard tail.isEmpty else { return .blocked }
        tail = []
      }
    }
    scratch.removeAll(keepingCapacity: true)
    if !gathered.isEmpty {
      swap(&scratch, &gathered)
      gathered = []
    }
    while true {
      let isAll: Bool
      do {
        isAll = try session.pull(into: &scratch)
      } catch {
        return .failed("\(error)")
      }
      guard !scratch.isEmpty else { return .allSent }
      switch stream.write(scratch) {
      case .failed(let reason): return .failed(reason)
      case .bytes(let count):
        sent.add(count)
        hasMoved = true
        if count < scratch.count {
          tail = Array(scratch[count...])
          return .blocked
        }
      }
      if isAll { return .allSent }
      scratch.removeAll(keepingCapacity: true)
    }
  }

  /// Whether something waits of which the kernel has taken nothing, at more than `patience` looks in
  /// a row. To be called at steady intervals.
  func hasStalled(patience: Int) -> Bool {
    stillLooks = tail.isEmpty || hasMoved ? 0 : stillLooks + 1
    hasMoved = false
    return stillLooks > patience
  }

  /// Watches for what the connection can go on with.
  ///
  /// A client that sends calls and reads no answers is not read while the kernel's buffer and ours
  /// are full: TCP then holds it back. A client that only keeps its HTTP/2 windows shut is read on,
  /// since its window updates must be seen.
  func watch() {
    guard let stream else { return }
    var interest = SocketWatcher.Readiness.none
    if postponed.isEmpty, !isFull { interest.insert(.readable) }
    if !tail.isEmpty { interest.insert(.writable) }
    stream.watch(interest)
  }

  /// Whether so much waits for the client to take it that nothing more is read.
  var isFull: Bool {
    !tail.isEmpty && tail.count + session.outputBacklog > session.limits.outputHighWater
  }

  /// Closes the socket; nothing that waits is read or written any more.
  func close() {
    stream = nil
    gathered = []
    tail = []
    postponed = []
  }

  /// Closes the output behind what was written; what still comes is dropped.
  func shutOutput() {
    isLingering = true
    gathered = []
    tail = []
    postponed = []
    stream?.shutOutput()
    stream?.watch(.readable)
  }
}

extension ByteStream {
  fileprivate func write(_ bytes: [UInt8]) -> TCPConnection.OnWrite {
    bytes.withUnsafeBytes { write($0) }
  }
}
