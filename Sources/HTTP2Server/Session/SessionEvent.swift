internal import GRPCWire

/// What nghttp2's callbacks have seen, to be dealt with once nghttp2 has returned.
enum SessionEvent {
  /// The headers of a request are complete.
  case head(slot: StreamSlot.Pointer)
  /// A piece of a request's body; it lies in the worker's input buffer.
  case data(slot: StreamSlot.Pointer, UnsafeRawBufferPointer)
  /// The client has sent the last byte of a request.
  case requestEnd(slot: StreamSlot.Pointer)
  /// The stream is gone, and so is the slot once this has been dealt with.
  case closed(slot: StreamSlot.Pointer)
  /// The client reads the answers of a stalled RPC again. `isEnd`: what was stashed is the rest of the
  /// request.
  case resumable(slot: StreamSlot.Pointer, isEnd: Bool)
  /// A call ran into a limit, and has been ended for it.
  case exceeded(ServerLimit)
  /// The client's SETTINGS have come.
  case handshake
  case pingAcknowledged
  /// nghttp2 cannot read on; what it has read is dealt with.
  case unreadable
}
