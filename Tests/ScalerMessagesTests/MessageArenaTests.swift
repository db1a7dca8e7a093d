import Testing

@testable import ScalerMessages

@Suite("The memory of a message")
struct MessageArenaTests {
  @Test("the limit itself is granted and one byte more is refused")
  func limit() {
    let arena = MessageArena(limit: 1024)
    #expect(arena.allocate(1024) != nil)
    #expect(!arena.isExhausted)
    #expect(arena.allocate(1) == nil)
    #expect(arena.isExhausted)
    arena.reset()
    #expect(!arena.isExhausted)
    #expect(arena.allocate(1025) == nil)
    #expect(arena.allocate(1024) != nil)
  }

  @Test("sizes that cannot be are refused", arguments: [-1, Int.min, Int.max])
  func absurdSizes(size: Int) {
    #expect(MessageArena(limit: 1 << 20).allocate(size) == nil)
  }

  @Test("pieces do not overlap, are aligned, and nothing yields a pointer too")
  func pieces() {
    let arena = MessageArena(limit: 8 << 20)
    var pieces: [Range<UInt>] = []
    for size in [0, 1, 15, 16, 17, 4096, 12_000, 300_000, 5, 0] {
      guard let start = arena.allocate(size).map({ UInt(bitPattern: $0) }) else {
        Issue.record("\(size) bytes were refused")
        return
      }
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
    #expect(arena.allocate(100) == first)
  }
}
