package import EventLoop
package import GRPCWire
package import TLS

/// The settings of an `HTTP2Server`. Nil turns a limit off. The defaults are those of the flags.
package struct HTTP2ServerConfiguration: Sendable {
  /// Where to listen. All workers share the port.
  package var address: ListenAddress
  /// Loops, each with a thread and a listener of its own; at least 1.
  package var workers: Int
  /// The certificate that new connections are secured with. Nil for plain text.
  package var credentials: TLSCredentials?
  /// The longest message that is read.
  package var maxMessageSize = limits.message
  /// The longest header list of a request, as RFC 9113 counts it (6.5.2).
  package var maxHeaderListSize = limits.headerList
  /// The connections of all workers together. Those beyond are closed at once.
  package var maxConnections: Int? = limits.connections
  /// From the connection to the client's SETTINGS, the handshake of TLS included.
  package var handshakeTimeout = limits.handshake
  /// From the headers of a request to its last byte, where it has one message.
  package var requestTimeout = limits.request
  /// What the calls of one connection may hold together, in bytes (`SessionLimits.memory`).
  package var maxConnectionMemory = limits.memory
  /// What the calls of all connections may hold together, in bytes.
  package var maxCallMemory: Int? = limits.callMemory
  /// The answers of one connection that wait to be taken, in bytes.
  package var maxOutboundBuffer = limits.outbound
  /// The answers to PING and SETTINGS of one connection that wait to be taken.
  package var maxPendingAcks = limits.pendingAcks
  /// The CONTINUATION frames of one header block.
  package var maxContinuations = limits.continuations
  /// How often streams may be reset, and frames may come that bring no call forward.
  package var floods = FloodGuard.Limits()
  /// How long a client may take nothing of an answer that waits for it.
  package var stallTimeout = limits.stall
  /// The calls that a client may have open on one connection. Unlimited: KEDA shares one connection
  /// among all its triggers, and a low limit would hang calls that have no deadline (C15).
  package var maxConcurrentStreams = limits.concurrentStreams.map { UInt32($0) }
  /// A connection is drained when it has lived this long, give or take a tenth.
  package var maxConnectionAge = limits.age
  /// What the calls of a connection that is drained for its age have to finish.
  package var maxConnectionAgeGrace = limits.ageGrace
  /// A connection is closed when it had no call for this long.
  package var maxConnectionIdle = limits.idle
  /// Hears what is worth a line in the log. Called on the workers' loops; must not block.
  package var log: @Sendable (HTTP2LogEntry) -> Void = { _ in }

  private static let limits = ConnectionLimits()

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
