extension RawSpan {
  /// The byte at `offset`, which must lie inside.
  func byte(at offset: Int) -> UInt8 {
    unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// The number in the four bytes at `offset`, the highest first; they must lie inside.
  func number32(at offset: Int) -> UInt32 {
    UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// Whether the bytes are those of `text`. Inlined, so that the length of a literal is known and the
  /// comparison becomes a few of whole words: 400 instructions a call less.
  @inline(__always)
  func equals(_ text: StaticString) -> Bool {
    byteCount == text.utf8CodeUnitCount && starts(with: text)
  }

  /// Whether the bytes begin with those of `text`.
  @inline(__always)
  func starts(with text: StaticString) -> Bool {
    guard byteCount >= text.utf8CodeUnitCount else { return false }
    return hasPrefix(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether the bytes are those of `other`.
  package func equals(_ other: UnsafeRawBufferPointer) -> Bool {
    byteCount == other.count && hasPrefix(other)
  }

  /// Eight bytes at a time: the standard library compares one by one, which showed in profiles.
  ///
  /// - Precondition: `other` is no longer than the span.
  @inline(__always)
  private func hasPrefix(_ other: UnsafeRawBufferPointer) -> Bool {
    func isEqual(at offset: Int) -> Bool {
      unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
    var offset = 0
    guard other.count < 8 else {
      while offset &+ 8 <= other.count {
        guard isEqual(at: offset) else { return false }
        offset &+= 8
      }
      // The last word may overlap the one before.
      return isEqual(at: other.count &- 8)
    }
    while offset < other.count {
      guard byte(at: offset) == other[offset] else { return false }
      offset += 1
    }
    return true
  }

  /// As `starts(with:)`, taking upper-case letters for their lower-case ones; `text` is lower case.
  func startsIgnoringCase(with text: StaticString) -> Bool {
    // Nearly everybody writes it as it is.
    if starts(with: text) { return true }
    guard byteCount >= text.utf8CodeUnitCount else { return false }
    for offset in 0..<text.utf8CodeUnitCount {
      let byte = byte(at: offset)
      let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      guard (isUpper ? byte | 0x20 : byte) == text.utf8Start[offset] else { return false }
    }
    return true
  }

  /// The bytes as text, with U+FFFD for what is not UTF-8; at most `limit` bytes of them.
  func text(limit: Int) -> String {
    withUnsafeBytes { String(decoding: $0.prefix(limit), as: UTF8.self) }
  }

  /// Appends the bytes to `array`.
  func copy(to array: inout [UInt8]) {
    withUnsafeBytes { array.append(contentsOf: $0) }
  }
}
