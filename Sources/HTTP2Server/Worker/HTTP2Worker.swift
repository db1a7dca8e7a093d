internal import EventLoop
internal import Synchronization

/// One worker: a loop with its thread, and what is confined to it. All that comes from other threads
/// enters here.
actor HTTP2Worker<Service: RPCService> {
  nonisolated let counters = WorkerCounters()
  nonisolated let loop: EventLoop
  private nonisolated let thread = Mutex<EventLoopThread?>(nil)
  private nonisolated let socket: Mutex<ListeningSocket?>
  private var core: WorkerCore?
  private var service: Service?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(number: Int, socket: ListeningSocket) throws(EventLoopError) {
    loop = try EventLoop(name: "grpc-\(number)")
    self.socket = Mutex(socket)
  }

  /// Lets connections wait from now on for the listener that `start` brings.
  nonisolated func listen() throws(ListenError) {
    try socket.withLock { $0 }?.listen()
  }

  /// Starts the thread, and on it the service and the listener.
  nonisolated func start(
    _ configuration: HTTP2ServerConfiguration, _ budget: ConnectionBudget,
    makeService: @escaping @Sendable (EventLoop, RPCResponder) -> Service
  ) throws(EventLoopError) {
    var thread: EventLoopThread? = try loop.start()
    self.thread.withLock { $0 = thread.take() }
    post { worker in
      worker.open(configuration, budget, makeService: makeService)
    }
  }

  /// Runs `work` with the service, unless the worker has ended.
  nonisolated func post(service work: @escaping @Sendable (Service) -> Void) {
    post { worker in
      guard let service = worker.service else { return }
      work(service)
    }
  }

  /// - Parameter completion: called on the loop.
  nonisolated func drain(
    within limit: Duration, completion: @escaping @Sendable () -> Void
  ) {
    post { worker in
      guard let core = worker.core else { return completion() }
      core.startDrain(within: limit, completion: completion)
    }
  }

  /// Closes what is open and ends the thread.
  nonisolated func stop() {
    post { worker in
      worker.core?.close()
      worker.core = nil
      worker.service = nil
    }
    loop.stop()
    let thread = self.thread.withLock { $0.take() }
    thread?.join()
  }

  private func open(
    _ configuration: HTTP2ServerConfiguration, _ budget: ConnectionBudget,
    makeService: @Sendable (EventLoop, RPCResponder) -> Service
  ) {
    guard let socket = socket.withLock({ $0.take() }) else { return }
    do {
      let table = ConnectionTable()
      let service = makeService(loop, RPCResponder(table))
      let core = try WorkerCore(
        on: loop, configuration: configuration, budget: budget, counters: counters, table: table,
        service: service)
      try core.listen(on: socket)
      self.core = core
      self.service = service
    } catch {
      configuration.log(
        HTTP2LogEntry(level: .warning, message: "a worker could not start: \(error)", peer: nil))
    }
  }

  private nonisolated func post(
    _ work: @escaping @Sendable (isolated HTTP2Worker<Service>) -> Void
  ) {
    loop.post { self.assumeIsolated { work($0) } }
  }
}
