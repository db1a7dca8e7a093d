internal import GRPCWire

/// What one connection may make the server hold.
struct SessionLimits {
  /// The longest message of a request, in bytes.
  var messageSize: Int
  /// Announced as SETTINGS_MAX_CONCURRENT_STREAMS; nil announces none.
  var concurrentStreams: UInt32?
  /// Announced as SETTINGS_MAX_HEADER_LIST_SIZE, and enforced: 64 KiB.
  var headerListSize = 64 << 10
  /// The flow-control window of each stream: 256 KiB let a message of 4 MiB through in 16 round
  /// trips.
  var streamWindow: Int32 = 256 << 10
  /// The flow-control window of the connection: 1 MiB.
  var connectionWindow: Int32 = 1 << 20
  /// The messages that wait on one streaming RPC. Beyond, the RPC ends with RESOURCE_EXHAUSTED.
  var queue = FrameQueue.Limits(messages: 64, bytes: 1 << 20)
  /// The messages that wait on a bidirectional RPC before its requests are left unread.
  var stall = FrameQueue.Limits(messages: 16, bytes: 256 << 10)
  /// The messages that wait on all RPCs of the connection: 16 MiB. Beyond, answers become
  /// RESOURCE_EXHAUSTED, which needs no window.
  var queuedBytes = 16 << 20
  /// The incomplete messages of all requests of the connection: 16 MiB.
  var bufferedBytes = 16 << 20
  /// How much is pulled from nghttp2 before it is written: 64 KiB.
  var outputBatch = 64 << 10
  /// What may wait for a socket that takes no more, before nothing more is read: 256 KiB.
  var outputHighWater = 256 << 10
}
