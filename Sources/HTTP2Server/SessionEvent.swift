/// What nghttp2's callbacks have seen, to be dealt with once nghttp2 has returned. Slots are indices
/// into `HTTP2Session.slots`.
enum SessionEvent {
  /// The headers of a request are complete.
  case head(slot: Int)
  /// A piece of a request's body; it lies in the worker's input buffer.
  case data(slot: Int, UnsafeRawBufferPointer)
  /// The client has sent the last byte of a request.
  case requestEnd(slot: Int)
  /// The stream is gone, and so is the slot once this has been dealt with.
  case closed(slot: Int)
  /// The client reads the answers of a stalled RPC again.
  case resumable(slot: Int)
  /// The client's SETTINGS have come.
  case handshake
  case pingAcknowledged
}
