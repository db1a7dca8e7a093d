/// Cuts the bytes of a request body into messages, however HTTP/2 has split or joined them.
///
/// A message that lies whole in one chunk is handed out as a range of that chunk, without a copy;
/// one that spans chunks is assembled here. Memory grows with what has arrived, never with what a
/// prefix announces.
package struct MessageDeframer: ~Copyable, Sendable {
  package enum OnChunk: Sendable, Equatable {
    /// The chunk is used up; the next message is not complete.
    case needsMore
    /// The next message, as a range of the chunk.
    case message(Range<Int>)
    /// The next message is complete; `takeAssembled` hands it out.
    case assembledMessage
    /// The body breaks the protocol; nothing after it can be read.
    case failed(RPCStatus)
  }

  private enum State: Sendable, Equatable {
    /// Inside a prefix, of which `count` bytes (0 to 4) have been read into `prefix`.
    case prefix(count: Int)
    /// Inside a message that lacks `missing` bytes.
    case message(missing: Int)
  }

  private let maxMessageSize: Int
  private var state = State.prefix(count: 0)
  /// The bytes of the prefix so far, as one number.
  private var prefix: UInt64 = 0
  private var assembled: [UInt8] = []

  /// - Parameter maxMessageSize: the longest message in bytes, without its prefix.
  package init(maxMessageSize: Int) {
    self.maxMessageSize = maxMessageSize
  }

  /// Makes ready for another body.
  package mutating func reset() {
    state = .prefix(count: 0)
    prefix = 0
    if !assembled.isEmpty { assembled = [] }
  }

  /// The bytes held for a message that is not complete or not taken.
  package var bufferedBytes: Int { assembled.count }

  /// Whether the body could end here.
  package var isAtBoundary: Bool { state == .prefix(count: 0) }

  /// Reads on in `chunk` from `offset`, which moves past what was read. Called again and again for
  /// one chunk until it returns `needsMore` or `failed`.
  package mutating func next(in chunk: RawSpan, from offset: inout Int) -> OnChunk {
    if case .prefix(let count) = state {
      var count = count
      if count == 0, chunk.byteCount - offset >= MessageFrame.prefixLength {
        // Nearly all prefixes come in one piece.
        prefix = UInt64(chunk.byte(at: offset)) << 32 | UInt64(chunk.number32(at: offset + 1))
        offset += MessageFrame.prefixLength
        count = MessageFrame.prefixLength
      }
      while count < MessageFrame.prefixLength, offset < chunk.byteCount {
        prefix = prefix << 8 | UInt64(chunk.byte(at: offset))
        offset += 1
        count += 1
      }
      guard count == MessageFrame.prefixLength else {
        state = .prefix(count: count)
        return .needsMore
      }
      let isCompressed = prefix >> 32 != 0
      let length = Int(prefix & 0xFFFF_FFFF)
      prefix = 0
      if let status = refusal(isCompressed: isCompressed, length: length) { return .failed(status) }
      state = .message(missing: length)
      if chunk.byteCount - offset >= length {
        let start = offset
        offset += length
        state = .prefix(count: 0)
        return .message(start..<offset)
      }
    }
    guard case .message(let missing) = state else { return .needsMore }
    let taken = min(missing, chunk.byteCount - offset)
    chunk.extracting(offset..<offset + taken).copy(to: &assembled)
    offset += taken
    state = taken == missing ? .prefix(count: 0) : .message(missing: missing - taken)
    return taken == missing ? .assembledMessage : .needsMore
  }

  /// The message that `assembledMessage` announced.
  package mutating func takeAssembled() -> [UInt8] {
    let message = assembled
    assembled = []
    return message
  }

  /// What the end of the body means here: nil at the end of a message, else why it is an error.
  package func statusAtEnd() -> RPCStatus? {
    switch state {
    case .prefix(0): nil
    case .prefix(let count):
      RPCStatus(.internal, "the request ended inside a message prefix, after \(count) of 5 bytes")
    case .message(let missing):
      RPCStatus(.internal, "the request ended inside a message, \(missing) bytes before its end")
    }
  }

  /// The flag is legal only with a `grpc-encoding`, and every one but identity is refused before
  /// the body (gRPC's compression specification asks for INTERNAL then).
  private func refusal(isCompressed: Bool, length: Int) -> RPCStatus? {
    if isCompressed {
      return RPCStatus(
        .internal, "a message has the compressed flag set, but the call named no grpc-encoding")
    }
    if length > maxMessageSize {
      return RPCStatus(
        .resourceExhausted,
        "a message of \(length) bytes is longer than the \(maxMessageSize) bytes that are accepted")
    }
    return nil
  }
}
