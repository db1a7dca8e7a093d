internal import GRPCWire

/// A run of bytes as the key of a dictionary.
///
/// An array would do, but it is hashed byte by byte. This is hashed in one call, and filled again
/// with the memory of the last bytes, so that a look-up allocates nothing.
struct ByteKey: Hashable {
  private var bytes: [UInt8] = []

  init() {}

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Takes no more memory than the bytes need.
  init(copying bytes: RawSpan) {
    self.bytes = bytes.withUnsafeBytes { [UInt8]($0) }
  }

  mutating func fill(_ bytes: RawSpan) {
    self.bytes.removeAll(keepingCapacity: true)
    bytes.withUnsafeBytes { self.bytes.append(contentsOf: $0) }
  }

  static func == (left: ByteKey, right: ByteKey) -> Bool {
    right.bytes.withUnsafeBytes { left.bytes.span.bytes.equals($0) }
  }

  /// Seeded by the process, so that peers cannot choose keys that collide.
  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
