internal import GRPCWire

/// Remembers what request messages meant, so that the same bytes are not decoded twice.
///
/// KEDA sends the same few references over and over, in the few orders that a map of three or four
/// keys can have (C1). The memo is only ever a short cut: bytes that it does not know are decoded,
/// and it starts anew when it is full. Measured with three metadata keys, a look-up takes 60 ns
/// where decoding and hashing take 900 ns.
struct RequestMemo<Value> {
  /// The most messages and bytes that are remembered at once.
  static var maxEntries: Int { 16_384 }
  static var maxBytes: Int { 4 << 20 }
  /// Longer messages are nobody's routine.
  static var longestMessage: Int { 1024 }

  /// Open addressing: an index into `entries` plus one, 0 for a free slot. Twice `maxEntries` or
  /// less, so that a probe is short.
  private var slots: [UInt32]
  private var entries: [Entry] = []
  private var bytes: [UInt8] = []
  /// Unknown to peers, so that they cannot choose messages that collide.
  private let seed: UInt64

  private struct Entry {
    var hash: UInt64
    var start: Int
    var count: Int
    var value: Value
  }

  init(seed: UInt64 = .random(in: .min ... .max)) {
    slots = Array(repeating: 0, count: 64)
    self.seed = seed
  }

  var count: Int { entries.count }

  func value(for message: RawSpan) -> Value? {
    let hash = message.withUnsafeBytes { bytes in self.hash(of: bytes) }
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if entries[index].hash == hash, matches(index, message) { return entries[index].value }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// - Precondition: `message` is not in the memo.
  mutating func remember(_ value: Value, for message: RawSpan) {
    guard message.byteCount <= Self.longestMessage else { return }
    if entries.count == Self.maxEntries || bytes.count + message.byteCount > Self.maxBytes {
      removeAll()
    }
    if entries.count * 2 >= slots.count { grow() }
    message.withUnsafeBytes { message in
      let hash = hash(of: message)
      entries.append(
        Entry(hash: hash, start: bytes.count, count: message.count, value: value))
      bytes.append(contentsOf: message)
      enter(entries.count, hash: hash)
    }
  }

  mutating func removeAll() {
    for index in slots.indices { slots[index] = 0 }
    entries.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, entry) in entries.enumerated() { enter(index + 1, hash: entry.hash) }
  }

  private mutating func enter(_ number: Int, hash: UInt64) {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(number)
  }

  private func matches(_ index: Int, _ message: RawSpan) -> Bool {
    let start = entries[index].start
    let end = start + entries[index].count
    return bytes.withUnsafeBytes { bytes in
      message.equals(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
  }

  /// Sixteen bytes at a time, the two halves multiplied into 128 bits and folded. Not for secrets;
  /// with the seed, good enough that nobody outside can aim at a slot.
  private func hash(of message: UnsafeRawBufferPointer) -> UInt64 {
    func word(at offset: Int) -> UInt64 {
      message.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
    var state = seed ^ UInt64(truncatingIfNeeded: message.count)
    var offset = 0
    while offset + 16 <= message.count {
      state = mix(word(at: offset) ^ seed, word(at: offset + 8) ^ state)
      offset += 16
    }
    var first: UInt64 = 0
    var second: UInt64 = 0
    if offset + 8 <= message.count {
      first = word(at: offset)
      offset += 8
    }
    while offset < message.count {
      second = second << 8 | UInt64(message[offset])
      offset += 1
    }
    state = mix(first ^ seed, second ^ state)
    return mix(state ^ 0x9E37_79B9_7F4A_7C15, seed ^ 0xE703_7ED1_A0B4_28DB)
  }

  private func mix(_ first: UInt64, _ second: UInt64) -> UInt64 {
    let product = first.multipliedFullWidth(by: second)
    return product.high ^ product.low
  }
}
