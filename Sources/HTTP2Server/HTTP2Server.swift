package import EventLoop

/// A gRPC server on HTTP/2 without TLS (h2c with prior knowledge).
package final class HTTP2Server<Service: RPCService>: Sendable {
  /// The port that all workers listen on: the configured one, or the one that the system chose.
  package let boundPort: UInt16
  /// Where the server listens, as `127.0.0.1:50051` or `[::]:50051`.
  package let boundAddress: String

  /// Binds the port, so that a port in use is known before anything else starts. Nothing is
  /// answered before `start`.
  ///
  /// - Parameter makeService: makes the service of one worker, on that worker's loop.
  package init(
    configuration: HTTP2ServerConfiguration,
    makeService: @escaping @Sendable (EventLoop, RPCResponder) -> Service
  ) throws(StartupError) {
    boundPort = configuration.address.port
    boundAddress = configuration.address.description
  }

  /// Starts the workers' threads; from then on calls are answered.
  package func start() throws(StartupError) {
  }

  /// Runs `work` with every worker's service, on that worker's loop. From any thread.
  package func post(_ work: @escaping @Sendable (Service) -> Void) {
  }

  /// Stops in good order: `willDrain`, listeners closed, streaming RPCs ended with OK, GOAWAY,
  /// calls under way finished. What is left after `limit` is cut off. From any thread, once.
  ///
  /// - Parameter completion: called from a worker's thread once all workers are done.
  package func drain(within limit: Duration, completion: @escaping @Sendable () -> Void) {
  }

  /// Ends the workers' loops at once and waits for their threads. Not from a worker's thread.
  package func stop() {
  }

  /// What the server has done so far. From any thread.
  package var statistics: HTTP2Statistics {
    HTTP2Statistics()
  }
}
