import Testing

@testable import ScalerMessages

// An arena cannot be copied, so that #expect is given values taken from it, not the arena.
@Suite("The memory of a message")
struct MessageArenaTests {
  @Test("the limit itself is granted and one byte more is refused")
  func limit() {
    let arena = MessageArena(limit: 1024)
    let whole = arena.allocate(1024)
    let exhaustedByWhole = arena.isExhausted
    let further = arena.allocate(1)
    let exhaustedByFurther = arena.isExhausted
    #expect(whole != nil && !exhaustedByWhole)
    #expect(further == nil && exhaustedByFurther)

    arena.reset()
    let exhaustedAfterReset = arena.isExhausted
    let tooLarge = arena.allocate(1025)
    let wholeAgain = arena.allocate(1024)
    #expect(!exhaustedAfterReset)
    #expect(tooLarge == nil)
    #expect(wholeAgain != nil)
  }

  @Test("sizes that cannot be are refused", arguments: [-1, Int.min, Int.max])
  func absurdSizes(size: Int) {
    let arena = MessageArena(limit: 1 << 20)
    let memory = arena.allocate(size)
    #expect(memory == nil)
  }

  @Test("pieces do not overlap, are aligned, and nothing yields a pointer too")
  func pieces() {
    let arena = MessageArena(limit: 8 << 20)
    var pieces: [Range<UInt>] = []
    for size in [0, 1, 15, 16, 17, 4096, 12_000, 300_000, 5, 0] {
      guard let memory = arena.allocate(size) else {
        Issue.record("\(size) bytes were refused")
        return
      }
      // Writes to the last byte too: the address sanitizer would see it out of bounds.
      memory.initializeMemory(as: UInt8.self, repeating: 1, count: size)
      let start = UInt(bitPattern: memory)
      #expect(start % 16 == 0)
      pieces.append(start..<start + UInt(max(size, 1)))
    }
    for (index, piece) in pieces.enumerated() {
      for other in pieces[..<index] { #expect(!piece.overlaps(other)) }
    }
  }

  @Test("the first block is used again after a reset")
  func reuse() {
    let arena = MessageArena(limit: 1 << 20)
    let first = arena.allocate(100)
    _ = arena.allocate(500_000)
    arena.reset()
    let again = arena.allocate(100)
    #expect(again == first)
  }
}
