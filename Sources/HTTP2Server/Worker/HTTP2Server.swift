package import EventLoop
internal import Synchronization

/// A gRPC server on HTTP/2, over TLS or without it (h2c with prior knowledge): a number of workers that share
/// nothing but the port, each with a loop, a listener and a service of its own.
package final class HTTP2Server<Service: RPCService>: Sendable {
  /// The port that all workers listen on: the configured one, or the one that the system chose.
  package let boundPort: UInt16
  /// Where the server listens, as `127.0.0.1:50051` or `[::]:50051`.
  package let boundAddress: String

  private let configuration: HTTP2ServerConfiguration
  private let budget: ConnectionBudget
  private let makeService: @Sendable (EventLoop, RPCResponder) -> Service
  private let workers: [HTTP2Worker<Service>]

  /// Binds the port, so that a port in use is known before anything else starts. Connections are
  /// refused before `start`.
  ///
  /// - Parameter makeService: makes the service of one worker, on that worker's loop.
  package init(
    configuration: HTTP2ServerConfiguration,
    makeService: @escaping @Sendable (EventLoop, RPCResponder) -> Service
  ) throws(StartupError) {
    self.configuration = configuration
    budget = ConnectionBudget(
      limit: configuration.maxConnections, callMemory: configuration.maxCallMemory)
    self.makeService = makeService
    do {
      let sockets = try ListeningSocket.open(
        configuration.address, count: max(configuration.workers, 1))
      boundPort = sockets[0].address.port
      boundAddress = sockets[0].address.description
      var workers: [HTTP2Worker<Service>] = []
      for (number, socket) in sockets.enumerated() {
        workers.append(try HTTP2Worker(number: number, socket: socket))
      }
      self.workers = workers
    } catch {
      throw StartupError("\(error)")
    }
  }

  /// Opens the port and starts the workers' threads; from then on calls are answered. To be called
  /// once.
  package func start() throws(StartupError) {
    do throws(ListenError) {
      for worker in workers { try worker.listen() }
    } catch {
      throw StartupError(error.description)
    }
    for worker in workers {
      do {
        try worker.start(configuration, budget, makeService: makeService)
      } catch {
        throw StartupError(error.description)
      }
    }
  }

  /// Runs `work` with every worker's service, on that worker's loop. From any thread.
  package func post(_ work: @escaping @Sendable (Service) -> Void) {
    for worker in workers {
      worker.post(service: work)
    }
  }

  /// Stops in good order: `willDrain`, listeners closed, streaming RPCs ended with OK, GOAWAY,
  /// calls under way finished. What is left after `limit` is cut off. From any thread, once.
  ///
  /// - Parameter completion: called from a worker's thread once all workers are done; `stop` then
  ///   ends them.
  package func drain(within limit: Duration, completion: @escaping @Sendable () -> Void) {
    let left = Countdown(workers.count)
    for worker in workers {
      worker.drain(within: limit) {
        if left.isLast() { completion() }
      }
    }
  }

  /// Ends the workers' loops at once and waits for their threads. Not from a worker's thread.
  package func stop() {
    for worker in workers {
      worker.stop()
    }
  }

  /// What the server has done so far. From any thread.
  package var statistics: HTTP2Statistics {
    var total = HTTP2Statistics()
    for worker in workers {
      worker.counters.add(to: &total)
    }
    total.callMemory = budget.calls.taken
    // Without TLS there is nothing to count.
    if configuration.credentials == nil { total.handshakeFailures = [:] }
    return total
  }
}

/// Tells the last of several threads that it is the last.
private final class Countdown: Sendable {
  private let left: Atomic<Int>

  init(_ count: Int) {
    left = Atomic(count)
  }

  func isLast() -> Bool {
    left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0
  }
}
