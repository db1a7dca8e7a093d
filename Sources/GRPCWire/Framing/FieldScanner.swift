/// Finds header fields that are too long for nghttp2 before nghttp2 does: it ends a connection, with
/// all of its calls, for a name or a value of more than 65,536 bytes (NGHTTP2_HD_MAX_NV of 1.52).
///
/// Follows HPACK (RFC 7541, 6) as far as the lengths of strings, byte by byte. It can go once nghttp2
/// costs such a field its stream only.
struct FieldScanner: Sendable, Equatable {
  /// In bytes, as they are sent.
  static let longest = 65_536
  /// More digits than any length up to `longest` needs, in bits.
  private static let longestShift = 21

  private enum State: Sendable, Equatable {
    case field
    /// Inside a number that is no length; `hasValue` tells whether a string follows.
    case number(hasValue: Bool)
    case stringStart(isName: Bool)
    case length(Int, shift: Int, isName: Bool)
    case string(left: Int, isName: Bool)
  }

  private var state = State.field

  /// Takes the next byte of a header block.
  ///
  /// - Returns: whether it says that a string is too long.
  mutating func isTooLong(after byte: UInt8) -> Bool {
    switch state {
    case .field:
      state = Self.afterFirst(byte)
    case .number(let hasValue):
      if byte & 0x80 == 0 { state = hasValue ? .stringStart(isName: false) : .field }
    case .stringStart(let isName):
      let length = Int(byte & 0x7F)
      guard length == 0x7F else { return begins(length, isName: isName) }
      state = .length(length, shift: 0, isName: isName)
    case .length(let length, let shift, let isName):
      guard shift <= Self.longestShift else { return true }
      let longer = length + Int(byte & 0x7F) << shift
      guard byte & 0x80 != 0 else { return begins(longer, isName: isName) }
      state = .length(longer, shift: shift + 7, isName: isName)
    case .string(let left, let isName):
      state = left > 1 ? .string(left: left - 1, isName: isName) : Self.after(isName: isName)
    }
    return false
  }

  private mutating func begins(_ length: Int, isName: Bool) -> Bool {
    state = length == 0 ? Self.after(isName: isName) : .string(left: length, isName: isName)
    return length > Self.longest
  }

  private static func after(isName: Bool) -> State {
    isName ? .stringStart(isName: false) : .field
  }

  /// What follows the first byte of a field or of a table size update.
  private static func afterFirst(_ byte: UInt8) -> State {
    if byte & 0x80 != 0 { return byte == 0xFF ? .number(hasValue: false) : .field }
    if byte & 0xE0 == 0x20 { return byte == 0x3F ? .number(hasValue: false) : .field }
    let mask: UInt8 = byte & 0x40 != 0 ? 0x3F : 0x0F
    switch byte & mask {
    case 0: return .stringStart(isName: true)
    case mask: return .number(hasValue: true)
    default: return .stringStart(isName: false)
    }
  }
}
