internal import GRPCWire

/// What one connection may make the server hold.
struct SessionLimits {
  /// The longest message of a request, in bytes.
  var messageSize: Int
  /// Announced as SETTINGS_MAX_CONCURRENT_STREAMS; nil announces none.
  var concurrentStreams: UInt32?
  /// Announced as SETTINGS_MAX_HEADER_LIST_SIZE, and enforced.
  var headerListSize = ConnectionLimits().headerList
  /// The flow-control window of each stream: 256 KiB let a message of 4 MiB through in 16 round
  /// trips.
  var streamWindow: Int32 = 256 << 10
  /// The flow-control window of the connection: 1 MiB.
  var connectionWindow: Int32 = 1 << 20
  /// The messages that wait on one streaming RPC. Beyond, the RPC ends with RESOURCE_EXHAUSTED.
  var queue = FrameQueue.Limits(messages: 64, bytes: 1 << 20)
  /// The messages that wait on a bidirectional RPC before its requests are left unread.
  var stall = FrameQueue.Limits(messages: 16, bytes: 256 << 10)
  /// The messages that wait on all RPCs of the connection. Beyond, answers become
  /// RESOURCE_EXHAUSTED, which needs no window.
  var queuedBytes = ConnectionLimits().outbound
  /// All that the calls of the connection hold: `streamCost` for each that is open, incomplete
  /// requests, and answers that wait. Beyond, calls become RESOURCE_EXHAUSTED.
  var memory = ConnectionLimits().memory
  /// The answers to PING and SETTINGS that wait to be sent.
  var pendingAcks = ConnectionLimits().pendingAcks
  /// The CONTINUATION frames of one header block.
  var continuations = ConnectionLimits().continuations
  /// Frames that bring no call forward.
  var floods = FloodGuard.Limits()
  /// How much is pulled from nghttp2 before it is written: 64 KiB.
  var outputBatch = 64 << 10
  /// What may wait for a socket that takes no more, before nothing more is read: 256 KiB.
  var outputHighWater = 256 << 10

  /// What an open call is counted with. Its slot, nghttp2's stream and what the service keeps of it
  /// measure 1 KiB with KEDA's short names, and 2 KiB more with the longest that are taken.
  static let streamCost = 4 << 10
  /// A header list this many times as long as allowed is not read to its end, but ends the
  /// connection: a few bytes can stand for any length (HPACK bombs).
  static let headerListExcess = 4
}

extension SessionLimits {
  /// What the server was configured with; the rest as it is above.
  init(_ configuration: HTTP2ServerConfiguration) {
    self.init(
      messageSize: configuration.maxMessageSize,
      concurrentStreams: configuration.maxConcurrentStreams)
    headerListSize = configuration.maxHeaderListSize
    queuedBytes = configuration.maxOutboundBuffer
    memory = configuration.maxConnectionMemory
    pendingAcks = configuration.maxPendingAcks
    continuations = configuration.maxContinuations
    floods = configuration.floods
  }
}
