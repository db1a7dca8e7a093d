package import Time

/// Follows the frames that a client sends, one step ahead of nghttp2: cuts them into pieces that are
/// dealt with quickly, finds floods, and enforces the rules of RFC 9113 that nghttp2 does not.
///
/// Decides; performs nothing, and reads no clock. It knows nothing of nghttp2's state: what it
/// accepts may still be wrong.
package struct InboundFrames: Sendable {
  /// Error codes of HTTP/2 (RFC 9113, 7).
  package enum ErrorCode: UInt32, Sendable {
    case `protocol` = 1
    case flowControl = 3
    case streamClosed = 5
    case enhanceYourCalm = 11
  }

  /// Why a connection ends.
  package enum Refusal: Sendable, Equatable {
    case error(ErrorCode)
    case flood(ServerLimit)
    /// A header field comes that nghttp2 would end the connection for, with all its calls.
    case fieldTooLong
  }

  /// What comes next: whole frames as a rule, the last one perhaps cut off by the end of the bytes.
  package struct Piece: Sendable, Equatable {
    /// How many bytes may be read.
    package var count: Int
    /// Set when the connection ends after them.
    package var refusal: Refusal?

    package init(count: Int, refusal: Refusal? = nil) {
      self.count = count
      self.refusal = refusal
    }
  }

  private enum State: Sendable {
    /// Inside what every client begins with; the number of bytes that are still to come.
    case preface(Int)
    case header
    case payload(Int)
    /// In front of the payload of PRIORITY, which has five bytes.
    case priority(UInt32)
  }

  /// A piece ends with the first frame that reaches this size, or with this many header blocks: those
  /// cost time of which their compressed size says nothing.
  static let pieceSize = 4096
  static let pieceBlocks = 16

  /// Streams on which something came after the client's own RST_STREAM.
  private var strays: [UInt32] = []
  private var floods: FloodGuard
  private var history = StreamHistory()
  private var state = State.preface(24)
  /// The header block of several frames that is being read.
  private var block: HeaderBlock?
  /// The beginning of a frame header, or of a payload of PRIORITY, whose rest is still to come.
  private var partial: [UInt8] = []

  package init(limits: FloodGuard.Limits) {
    floods = FloodGuard(limits: limits)
  }

  /// Looks at what comes next in `bytes`, which the caller then reads or ends the connection for.
  package mutating func next(in bytes: RawSpan, now: MonotonicTime) -> Piece {
    var offset = 0
    var blocks = 0
    while offset < bytes.byteCount {
      switch state {
      case .preface(let left):
        let count = min(left, bytes.byteCount - offset)
        offset += count
        state = count == left ? .header : .preface(left - count)
      case .payload(let left):
        let count = min(left, bytes.byteCount - offset)
        let payload = bytes.extracting(offset..<offset + count)
        if block?.hasFieldTooLong(in: payload, left: left) == true {
          return Piece(count: offset, refusal: .fieldTooLong)
        }
        offset += count
        state = count == left ? .header : .payload(left - count)
      case .priority(let stream):
        guard let fields = take(5, of: bytes, from: &offset, { $0.number32(at: 0) }) else {
          break
        }
        state = .header
        // RFC 7540, 5.3.1. nghttp2 finds it in HEADERS, and ends the connection as well.
        guard fields & 0x7FFF_FFFF != stream else {
          return Piece(count: offset, refusal: .error(.protocol))
        }
      case .header:
        guard offset < Self.pieceSize, blocks < Self.pieceBlocks else {
          return Piece(count: offset)
        }
        let start = offset
        guard let header = take(9, of: bytes, from: &offset, { FrameHeader($0) }) else { break }
        state = header.length > 0 ? .payload(header.length) : .header
        if header.kind == .headers { blocks += 1 }
        follow(header)
        if let refusal = received(header, now: now) { return Piece(count: start, refusal: refusal) }
      }
    }
    return Piece(count: offset)
  }

  /// Hands out, once, the streams that have to be reset with STREAM_CLOSED.
  package mutating func takeStrays() -> [UInt32] {
    guard !strays.isEmpty else { return [] }
    defer { strays = [] }
    return strays
  }

  /// The server has sent DATA, for which the client may open its windows.
  package mutating func dataSent() {
    floods.movedForward()
  }

  /// The server has reset a stream for what the client did.
  ///
  /// - Returns: whether that was once too often.
  package mutating func streamWasReset(now: MonotonicTime) -> Bool {
    floods.received(.resets, now: now)
  }

  // MARK: Private

  /// Keeps `block` for the frames of a block that has several.
  private mutating func follow(_ header: FrameHeader) {
    switch header.kind {
    case .headers: block = header.endsHeaders ? nil : HeaderBlock(header)
    case .continuation: block?.continued()
    case .data, .priority, .reset, .settings, .ping, .windowUpdate, .other:
      if block != nil { block = nil }
    }
  }

  private mutating func received(_ header: FrameHeader, now: MonotonicTime) -> Refusal? {
    switch header.kind {
    case .data:
      let isEmpty = header.length == 0 || header.isPadded
      if isEmpty, !header.endsStream, floods.received(.emptyFrames, now: now) {
        return .flood(.emptyFrames)
      }
      return continued(header)
    case .headers:
      guard header.stream & 1 == 1, header.stream > history.last else { return continued(header) }
      history.opened(header.stream)
      floods.movedForward()
      if header.endsStream { history.closed(header.stream, .ended) }
      return nil
    case .priority:
      if floods.received(.priorities, now: now) { return .flood(.priorities) }
      if header.stream == 0 { return .error(.protocol) }
      if header.length == 5 { state = .priority(header.stream) }
      return nil
    case .reset:
      history.closed(header.stream, .reset)
      return floods.received(.resets, now: now) ? .flood(.resets) : nil
    case .settings: return floods.received(.settings, now: now) ? .flood(.settings) : nil
    case .ping: return floods.received(.pings, now: now) ? .flood(.pings) : nil
    case .windowUpdate:
      return floods.received(.windowUpdates, now: now) ? .flood(.windowUpdates) : nil
    case .continuation: return nil
    case .other: return floods.received(.otherFrames, now: now) ? .flood(.otherFrames) : nil
    }
  }

  /// DATA or HEADERS of a stream that is not new.
  private mutating func continued(_ header: FrameHeader) -> Refusal? {
    switch history.state(of: header.stream) {
    // A stream of the server's side, too, is nghttp2's to refuse.
    case nil: return nil
    // RFC 9113, 5.1.1.
    case .skipped: return .error(.protocol)
    // RFC 9113, 5.1, "closed".
    case .ended: return .error(.streamClosed)
    case .reset:
      strays.append(header.stream)
      return nil
    case .open:
      if header.endsStream { history.closed(header.stream, .ended) }
      return nil
    }
  }

  /// Reads `count` bytes that belong together, which may have come in several pieces.
  ///
  /// - Returns: nil when they are not complete; the part that has come is kept.
  private mutating func take<Value>(
    _ count: Int, of bytes: RawSpan, from offset: inout Int, _ read: (RawSpan) -> Value
  ) -> Value? {
    let end = min(offset + count - partial.count, bytes.byteCount)
    let piece = bytes.extracting(offset..<end)
    offset = end
    if partial.isEmpty, piece.byteCount == count { return read(piece) }
    piece.copy(to: &partial)
    guard partial.count == count else { return nil }
    defer { partial.removeAll(keepingCapacity: true) }
    return read(partial.span.bytes)
  }
}
