internal import Testing

@testable internal import ScalerRPCs

@Suite struct ByteTableTests {
  private func key(_ number: Int, length: Int = 12) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: number >> ($0 % 4 * 8)) ^ UInt8($0 & 0xFF) }
  }

  @Test func `finds what was inserted, and nothing else`() {
    var table = ByteTable<Int>()
    for number in 0..<1000 { table.insert(number, for: key(number).span.bytes) }
    for number in 0..<1000 {
      #expect(table.value(for: key(number).span.bytes) == number)
      #expect(table.value(for: key(number, length: 13).span.bytes) == nil)
    }
    #expect(table.value(for: key(1000).span.bytes) == nil)
    table.removeAll()
    #expect(table.value(for: key(1).span.bytes) == nil)
  }

  @Test(arguments: 0..<70)
  func `tells keys apart that differ in any one byte`(_ length: Int) {
    var table = ByteTable<Int>(seed: 1)
    let original = [UInt8](repeating: 7, count: length)
    table.insert(-1, for: original.span.bytes)
    for index in 0..<length {
      var changed = original
      changed[index] ^= 0x80
      #expect(table.value(for: changed.span.bytes) == nil)
    }
    #expect(table.value(for: original.span.bytes) == -1)
    #expect(table.value(for: (original + [7]).span.bytes) == nil)
  }

  @Test func `keys that differ in one bit have slots of their own`() {
    // Clustered hashes would make look-ups of many names slow.
    var table = ByteTable<Int>(seed: 42)
    for number in 0..<20_000 {
      table.insert(number, for: Array("default/workload-\(number)".utf8).span.bytes)
    }
    #expect(table.longestProbe < 40)
  }

  @Test func `removes what is named, and keeps the others`() {
    var table = ByteTable<Int>()
    for number in 0..<1000 { table.insert(number, for: key(number).span.bytes) }
    table.removeAll { $0 % 3 == 0 }
    #expect(table.count == 666)
    for number in 0..<1000 {
      #expect(table.value(for: key(number).span.bytes) == (number % 3 == 0 ? nil : number))
    }
    #expect(Set(table.values).count == 666)
  }
}
