package import EventLoop
package import GRPCWire
package import TLS

/// The settings of an `HTTP2Server`. Nil turns a limit off.
package struct HTTP2ServerConfiguration: Sendable {
  /// Where to listen. All workers share the port.
  package var address: ListenAddress
  /// Loops, each with a thread and a listener of its own; at least 1.
  package var workers: Int
  /// The certificate that new connections are secured with. Nil for plain text.
  package var credentials: TLSCredentials?
  /// The longest message that is read. 4 MiB, as gRPC servers have it.
  package var maxMessageSize = 4 << 20
  /// The longest header list of a request, as RFC 9113 counts it (6.5.2). 64 KiB.
  package var maxHeaderListSize = 64 << 10
  /// The connections of all workers together. Those beyond are closed at once. 500.
  package var maxConnections: Int? = 500
  /// From the connection to the client's SETTINGS, the handshake of TLS included.
  package var handshakeTimeout = Duration.seconds(20)
  /// From the headers of a request to its last byte, where it has one message. 30 s.
  package var requestTimeout: Duration? = .seconds(30)
  /// What the calls of one connection may hold together, in bytes (`SessionLimits.memory`). 64 MiB.
  package var maxConnectionMemory = 64 << 20
  /// What the calls of all connections may hold together, in bytes. 256 MiB.
  package var maxCallMemory: Int? = 256 << 20
  /// The answers of one connection that wait to be taken, in bytes. 16 MiB.
  package var maxOutboundBuffer = 16 << 20
  /// The answers to PING and SETTINGS of one connection that wait to be taken. 1000.
  package var maxPendingAcks = 1000
  /// The CONTINUATION frames of one header block. 8.
  package var maxContinuations = 8
  /// How often streams may be reset, and frames may come that bring no call forward.
  package var floods = FloodGuard.Limits()
  /// How long a client may take nothing of an answer that waits for it.
  package var stallTimeout: Duration? = .seconds(60)
  /// The calls that a client may have open on one connection. Unlimited: KEDA shares one connection
  /// among all its triggers, and a low limit would hang calls that have no deadline (C15).
  package var maxConcurrentStreams: UInt32?
  /// A connection is drained when it has lived this long, give or take a tenth. Off.
  package var maxConnectionAge: Duration?
  /// What the calls of a connection that is drained for its age have to finish.
  package var maxConnectionAgeGrace = Duration.seconds(60)
  /// A connection is closed when it had no call for this long. Off.
  package var maxConnectionIdle: Duration?
  /// Hears what is worth a line in the log. Called on the workers' loops; must not block.
  package var log: @Sendable (HTTP2LogEntry) -> Void = { _ in }

  package init(address: ListenAddress, workers: Int = 1) {
    self.address = address
    self.workers = workers
  }
}

/// One line for the log.
package struct HTTP2LogEntry: Sendable, Equatable {
  package enum Level: Sendable, Equatable {
    case debug
    case warning
  }

  package let level: Level
  package let message: String
  /// The client's address, when the line is about one connection.
  package let peer: String?
}
