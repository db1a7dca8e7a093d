/// What clients of the gRPC port may take (docs/limits.md), by default and at most. Nil turns a limit
/// off.
package struct ConnectionLimits: Sendable, Equatable {
  /// All together.
  package var connections = 500
  /// For the handshake of TLS, the preface and the client's SETTINGS together.
  package var handshake = Duration.seconds(20)
  package var age: Duration? = .seconds(1800)
  /// What the calls of a connection that is drained for its age have left.
  package var ageGrace = Duration.seconds(60)
  package var idle: Duration?
  /// How long a client may leave answers unread.
  package var stall: Duration? = .seconds(60)
  /// In bytes, as RFC 9113 counts them (6.5.2).
  package var headerList = 64 << 10
  /// In bytes.
  package var message = 4 << 20
  /// For a request with one message to be complete.
  package var request: Duration? = .seconds(30)
  /// On one connection; KEDA shares one among all its triggers, and its calls may have no deadline,
  /// so that a low limit would hang them (C15).
  package var concurrentStreams: Int?
  /// In bytes: what the calls of one connection hold.
  package var memory = 16 << 20
  /// In bytes: what the calls of all connections hold.
  package var callMemory = 32 << 20
  /// In bytes: the answers of one connection that wait to be taken.
  package var outbound = 16 << 20
  /// Streams of one connection that are reset, in a second.
  package var resets = 1000
  /// Frames of one connection and of each kind that bring no call forward, in a second.
  package var controlFrames = 1000
  /// Answers to PING and SETTINGS that wait.
  package var pendingAcks = 1000
  /// CONTINUATION frames of one header block.
  package var continuations = 8

  /// More than a process can have descriptors for is a mistake.
  package static let maxConnections = 1_000_000
  /// gRPC's own metadata needs less than 4 KiB, and gRPC's clients allow 16 KiB.
  package static let headerListSizes = 4 << 10...64 << 10
  /// One message must fit into what a connection may hold at least.
  package static let messageSizes = 1 << 10...16 << 20
  /// The least is one message and its call; the most is what a container has, as a rule.
  package static let memorySizes = 1 << 20...1 << 30
  package static let callMemorySizes = 1 << 20...64 << 30
  package static let outboundSizes = 64 << 10...1 << 30
  /// Fewer would hit a client that restarts.
  package static let rates = 10...1_000_000
  /// A block of 64 KiB needs four.
  package static let continuationCounts = 4...1024

  package init() {}
}
