/// A header block of several frames (RFC 9113, 4.3), of which only the lengths of fields matter here.
///
/// A block of one frame is not looked at: no field that is too long for nghttp2 fits into a frame.
struct HeaderBlock: Sendable, Equatable {
  private var scanner = FieldScanner()
  /// Bytes in front of the block: the length of the padding, the priority.
  private var lead = 0
  private var isPadded = false
  /// Bytes of padding after it.
  private var padding = 0

  /// - Parameter header: of the HEADERS frame that begins it.
  init(_ header: FrameHeader) {
    isPadded = header.isPadded
    lead = (isPadded ? 1 : 0) + (header.isPrioritized ? 5 : 0)
  }

  /// A CONTINUATION follows, which has nothing but the block.
  mutating func continued() {
    lead = 0
    isPadded = false
    padding = 0
  }

  /// Looks at the next bytes of a frame.
  ///
  /// - Parameter left: the bytes of the frame's payload that are still to come, these included.
  /// - Returns: whether a field is too long.
  mutating func hasFieldTooLong(in bytes: RawSpan, left: Int) -> Bool {
    for offset in 0..<bytes.byteCount {
      let byte = bytes.byte(at: offset)
      if lead > 0 {
        if isPadded { padding = Int(byte) }
        isPadded = false
        lead -= 1
      } else if left - offset > padding, scanner.isTooLong(after: byte) {
        return true
      }
    }
    return false
  }
}
