internal import Testing

@testable internal import ScalerRPCs

@Suite struct ByteKeyTests {
  @Test(arguments: 0..<70)
  func `tells keys apart that differ in any one byte`(_ length: Int) {
    let original = [UInt8](repeating: 7, count: length)
    for index in 0..<length {
      var changed = original
      changed[index] ^= 0x80
      #expect(ByteKey(changed) != ByteKey(original))
    }
    #expect(ByteKey(original + [7]) != ByteKey(original))
  }

  @Test(arguments: [0, 1, 7, 8, 9, 300])
  func `is the same however it was made`(_ length: Int) {
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
    var filled = ByteKey(Array(repeating: 1, count: 100))
    filled.fill(bytes.span.bytes)
    for key in [filled, ByteKey(copying: bytes.span.bytes)] {
      #expect(key == ByteKey(bytes))
      #expect(key.hashValue == ByteKey(bytes).hashValue)
    }
  }

  @Test func `a key that is filled again leaves copies as they were`() {
    var key = ByteKey([1, 2, 3])
    let copy = key
    let other: [UInt8] = [4]
    key.fill(other.span.bytes)
    #expect(copy == ByteKey([1, 2, 3]))
    #expect(key == ByteKey([4]))
  }
}
