/// Writes protobuf by hand, also such as no encoder would write.
enum WireBytes {
  static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    varint(UInt64(number) << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }

  static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

  static func field(_ number: Int, value: UInt64) -> [UInt8] {
    varint(UInt64(number) << 3) + varint(value)
  }

  /// An entry of `scalerMetadata`.
  static func metadata(_ key: String, _ value: String) -> [UInt8] {
    field(3, field(1, key) + field(2, value))
  }
}
