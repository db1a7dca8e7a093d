/// The limits that a client can run into, by the names that the metric
/// `headstart_limits_exceeded_total` has for them (docs/limits.md).
package enum ServerLimit: String, Sendable, CaseIterable {
  case connections
  /// The process had too few descriptors left to accept a connection.
  case descriptors
  case handshake
  /// Calls of a connection that was too old were cut off.
  case ageGrace = "age_grace"
  /// A client left the answer of a call unread, or took nothing at all.
  case stall
  /// A request was not complete in time.
  case requestTime = "request_time"
  case headerList = "header_list"
  case messageSize = "message_size"
  /// There were as many calls on one connection as were announced.
  case streams
  /// The calls of one connection held as much memory as they may.
  case memory
  /// The calls of all connections together did.
  case callMemory = "call_memory"
  case outboundBuffer = "outbound_buffer"
  /// Answers to PING and SETTINGS that were not read.
  case pendingAcks = "pending_acks"
  case continuations
  // Frames that came too often, by what they are.
  case resets
  case pings
  case settings
  case priorities
  case windowUpdates = "window_updates"
  case emptyFrames = "empty_frames"
  case otherFrames = "other_frames"
}
