/// FNV-1a of 64 bits: tells what a learnt state belongs to, and whether its bytes are whole. It is no
/// protection from somebody who makes bytes up; decoding them is safe whatever they are.
struct StateHash {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
  }

  mutating func add(_ number: UInt64) {
    add((0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
  }

  mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    add(text.utf8)
  }
}
