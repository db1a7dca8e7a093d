internal import GRPCWire
internal import Synchronization
internal import Testing

@testable internal import EventLoop
@testable internal import HTTP2Server

@Suite struct WorkerCoreTests {
  @Test func `a worker that has ended leaves no timer on its loop, whoever still wanted a turn`()
    throws
  {
    let loop = try EventLoop(name: "test")
    let outcome = Mutex<Result<Bool, any Error>?>(nil)
    loop.post {
      let freed = Result { try Self.contextIsFreed(on: loop) }
      outcome.withLock { $0 = freed }
      loop.stop()
    }
    loop.run()
    let freed = try #require(outcome.withLock { $0 })
    #expect(try freed.get())
  }

  /// Ends a worker with connections that wait for a turn, and looks whether what they share is gone.
  private static func contextIsFreed(on loop: EventLoop) throws -> Bool {
    let configuration = HTTP2ServerConfiguration(
      address: ListenAddress(host: "127.0.0.1", port: 0))
    let table = ConnectionTable()
    var core: WorkerCore? = try WorkerCore(
      on: loop, configuration: configuration, budget: ConnectionBudget(limit: 2),
      counters: WorkerCounters(), table: table,
      service: TestService(RPCResponder(table), log: EventLog()))
    weak let context = core?.context
    let template = try #require(SessionTemplate(limits: SessionLimits(configuration)))
    let lifecycle = ConnectionLifecycle(limits: .init(), now: WorkerContext.clock)
    for _ in 0..<2 {
      guard let connection = context?.add(HTTP2Session(template), lifecycle: lifecycle) else {
        return false
      }
      table.markDirty(connection)
      if table.count == 2 { _ = table.postpone(connection) }
    }
    core?.close()
    try #require(table.count == 0 && context != nil)
    core = nil
    return context == nil
  }
}
