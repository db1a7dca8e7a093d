/// Remembers what request messages meant, so that the same bytes are not decoded twice.
///
/// KEDA sends the same few references over and over, in the few orders that a map of three or four
/// keys can have (C1). The memo is only a short cut: bytes that it does not hold are decoded. It is
/// bounded in bytes. Once full it takes no more, until its owner empties it.
struct RequestMemo<Value> {
  /// The most memory that the messages take, `entryOverhead` included.
  static var maxBytes: Int { 8 << 20 }
  /// What an entry takes besides its message: the header of an array, and its place in the
  /// dictionary when that has just grown.
  static var entryOverhead: Int { 96 }
  /// KEDA's messages are shorter than this.
  static var longestMessage: Int { 1024 }

  private var values: [ByteKey: Value] = [:]
  /// The message that is looked up; for its memory.
  private var asked = ByteKey()
  private var byteCount = 0

  var count: Int { values.count }
  private(set) var isFull = false

  mutating func value(for message: RawSpan) -> Value? {
    guard message.byteCount <= Self.longestMessage else { return nil }
    asked.fill(message)
    return values[asked]
  }

  /// Remembers a message, if it is short enough and there is room.
  mutating func remember(_ value: Value, for message: RawSpan) {
    guard !isFull, message.byteCount <= Self.longestMessage else { return }
    let size = message.byteCount + Self.entryOverhead
    guard byteCount + size <= Self.maxBytes else {
      isFull = true
      return
    }
    guard values.updateValue(value, forKey: ByteKey(copying: message)) == nil else { return }
    byteCount += size
  }

  mutating func removeAll() {
    values.removeAll()
    byteCount = 0
    isFull = false
  }
}
