/// Remembers what request messages meant, so that the same bytes are not decoded twice.
///
/// KEDA sends the same few references over and over, in the few orders that a map of three or four
/// keys can have (C1). The memo is only ever a short cut: bytes that it does not know are decoded.
/// A fleet that it is too small for is better off without: most look-ups would be in vain, and would
/// push other things out of the processor's caches. It then forgets everything and takes nothing more
/// until it is emptied, which its owner does from time to time.
struct RequestMemo<Value> {
  /// The most messages and bytes that are remembered at once.
  static var maxEntries: Int { 65_536 }
  static var maxBytes: Int { 8 << 20 }
  /// Longer messages are nobody's routine.
  static var longestMessage: Int { 1024 }

  private var table: ByteTable<Value>

  init(seed: UInt64 = .random(in: .min ... .max)) {
    table = ByteTable(seed: seed)
  }

  var count: Int { table.count }
  /// Whether the memo was too small, and is out of use until it is emptied.
  private(set) var isOutgrown = false

  func value(for message: RawSpan) -> Value? {
    isOutgrown ? nil : table.value(for: message)
  }

  /// - Precondition: `message` is not in the memo.
  mutating func remember(_ value: Value, for message: RawSpan) {
    guard !isOutgrown, message.byteCount <= Self.longestMessage else { return }
    guard table.count < Self.maxEntries, table.byteCount + message.byteCount <= Self.maxBytes else {
      table = ByteTable()
      isOutgrown = true
      return
    }
    table.insert(value, for: message)
  }

  mutating func removeAll() {
    table.removeAll()
    isOutgrown = false
  }
}
