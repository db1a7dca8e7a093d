internal import GRPCWire
internal import Glibc
internal import Synchronization

@testable internal import EventLoop
@testable internal import HTTP2Server

/// One connection of a worker of the gRPC server, whose client is this, at the other end of a pair of
/// sockets. Server and client live on one loop, which ends with the connection.
actor FuzzedSocket {
  private nonisolated let loop: EventLoop
  private nonisolated let problem = Mutex<Broken?>(nil)
  private let manner: ClientManner
  private let bytes: [UInt8]
  private var offset = 0
  private var client: Int32 = -1
  private var core: WorkerCore?
  private var service: FuzzedService?
  /// What the server has sent.
  private var answer: [UInt8] = []
  /// Whether the client has sent all that it will, and waits for the end.
  private var isDone = false
  /// How often the drain was reported as complete.
  private var drains = 0
  /// The turns of the loop since the client was done.
  private var turnsAtEnd = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private init(_ bytes: [UInt8], _ manner: ClientManner) throws(EventLoopError) {
    loop = try EventLoop(name: "fuzz-socket")
    self.bytes = bytes
    self.manner = manner
  }

  /// Serves one connection from its first byte to its end.
  static func serve(_ bytes: [UInt8], _ manner: ClientManner) throws(Broken) {
    let socket: FuzzedSocket
    do throws(EventLoopError) {
      socket = try FuzzedSocket(bytes, manner)
    } catch {
      fatalError("no loop could be made: \(error)")
    }
    socket.post { $0.begin() }
    socket.loop.run()
    if let problem = socket.problem.withLock({ $0 }) { throw problem }
  }

  private nonisolated func post(_ work: @escaping @Sendable (isolated FuzzedSocket) -> Void) {
    loop.post { self.assumeIsolated { work($0) } }
  }

  /// So low that inputs of some hundred bytes pass them.
  private static var configuration: HTTP2ServerConfiguration {
    var configuration = HTTP2ServerConfiguration(
      address: ListenAddress(host: "127.0.0.1", port: 0))
    configuration.maxMessageSize = 600
    configuration.maxHeaderListSize = 2048
    configuration.maxConcurrentStreams = 24
    configuration.maxOutboundBuffer = 20_000
    // Room for nine calls and a little more.
    configuration.maxConnectionMemory = 10 * SessionLimits.streamCost
    configuration.maxPendingAcks = 10
    configuration.floods.resets = 1
    configuration.floods.control = 1
    return configuration
  }

  // MARK: Turns

  private func begin() {
    var pair: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else { fatalError("no pair of sockets") }
    if manner.isNarrow {
      var size: Int32 = 4096
      setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    client = pair[0]
    let table = ConnectionTable()
    let service = FuzzedService(RPCResponder(table))
    self.service = service
    do {
      let core = try WorkerCore(
        on: loop, configuration: Self.configuration, budget: ConnectionBudget(limit: 1),
        counters: WorkerCounters(), table: table, service: service)
      self.core = core
      core.accept(TCPListener.Accepted(descriptor: pair[1]))
    } catch {
      fatalError("no worker could be made: \(error)")
    }
    post { $0.turn() }
  }

  /// What the client does in one turn of the loop. Between two turns the loop serves the server.
  private func turn() {
    guard let core, let service else { return }
    if !manner.readsNothing { readAnswer() }
    guard !isDone else {
      turnsAtEnd += 1
      if core.context.table.count == 0 || turnsAtEnd == 100_000 { return end(core, service) }
      return post { $0.turn() }
    }
    let before = offset
    let end = min(offset + manner.chunkSize, bytes.count)
    let sent = bytes[offset..<end].withUnsafeBytes {
      send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    offset += max(sent, 0)
    let middle = bytes.count / 2
    if before <= middle, offset > middle || offset == bytes.count {
      if manner.isAnsweredLate { service.answerHeld() }
      if manner.isDrained {
        core.startDrain(within: .seconds(60)) { [unowned self] in
          assumeIsolated { $0.drains += 1 }
        }
      }
    }
    // A client that reads nothing stops where the server no longer reads; one that reads goes on, unless
    // the server has closed.
    let isRefused = sent < 0 && (errno != EAGAIN || manner.readsNothing)
    if offset == bytes.count || isRefused {
      isDone = true
      if manner.readsNothing { closeClient() } else { shutdown(client, Int32(SHUT_WR)) }
    }
    post { $0.turn() }
  }

  private func readAnswer() {
    guard client >= 0 else { return }
    while true {
      let part = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
        count = max(recv(client, buffer.baseAddress, buffer.count, 0), 0)
      }
      guard !part.isEmpty else { return }
      answer += part
    }
  }

  private func closeClient() {
    if client >= 0 { close(client) }
    client = -1
  }

  // MARK: End

  private func end(_ core: WorkerCore, _ service: FuzzedService) {
    do throws(Broken) {
      try requireNothingLeft(core, service)
      try requireFrames()
    } catch {
      problem.withLock { $0 = error }
    }
    core.close()
    self.core = nil
    self.service = nil
    closeClient()
    loop.stop()
  }

  private func requireNothingLeft(_ core: WorkerCore, _ service: FuzzedService) throws(Broken) {
    let context = core.context
    try require(context.table.count == 0, "the connection outlives its client")
    try require(context.timeouts.earliest == nil, "a timeout outlives its connection")
    try require(context.counters.streamsOpen.value == 0, "streams are counted as open")
    try require(context.counters.connectionsOpen.value == 0, "connections are counted as open")
    try require(drains <= 1, "the drain was reported \(drains) times")
    try service.requireAllEnded()
  }

  /// What the server sends are frames, the last of them perhaps cut off, or an answer of HTTP/1. A drain
  /// that comes before the client's first bytes sends frames even to a client of HTTP/1.
  private func requireFrames() throws(Broken) {
    var rest = answer[...]
    while rest.count >= 9, !rest.starts(with: "HTTP/1.1 400 ".utf8) {
      let header = Array(rest.prefix(9))
      let length = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
      try require(length <= 16_384, "the server sends a frame of \(length) bytes")
      try require(header[3] <= 9, "the server sends a frame of the type \(header[3])")
      rest = rest.dropFirst(9 + length)
    }
  }
}
