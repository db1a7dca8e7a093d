extension RawSpan {
  /// The byte at `offset`, which must lie inside.
  func byte(at offset: Int) -> UInt8 {
    unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// Whether the bytes are those of `text`.
  func equals(_ text: StaticString) -> Bool {
    byteCount == text.utf8CodeUnitCount && starts(with: text)
  }

  /// Whether the bytes begin with those of `text`.
  func starts(with text: StaticString) -> Bool {
    guard byteCount >= text.utf8CodeUnitCount else { return false }
    for offset in 0..<text.utf8CodeUnitCount where byte(at: offset) != text.utf8Start[offset] {
      return false
    }
    return true
  }

  /// As `starts(with:)`, taking upper-case letters for their lower-case ones; `text` is lower case.
  func startsIgnoringCase(with text: StaticString) -> Bool {
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
