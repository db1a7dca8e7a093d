internal import CExternalScaler
private import Glibc

/// The memory of one message at a time, handed out in ascending order and taken back at once.
///
/// Stands behind protobuf-c's allocator, so that decoding in the steady state calls malloc for
/// nothing but the Swift strings it returns. Owned by one decoder; confined to its thread.
struct MessageArena: ~Copyable {
  /// Behind a pointer, because protobuf-c's callbacks find it there without counting references
  /// and checking accesses, a dozen times for each request.
  private let state: UnsafeMutablePointer<State>

  /// - Parameter limit: The most bytes to hand out between two resets.
  init(limit: Int) {
    state = .allocate(capacity: 1)
    state.initialize(to: State(limit: limit))
  }

  deinit {
    state.pointee.releaseFurtherBlocks()
    state.pointee.firstBlock.deallocate()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// True once a request was refused since the last reset.
  var isExhausted: Bool { state.pointee.isExhausted }

  /// Nil when the limit would be passed, or memory has run out. The memory is not initialised.
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    state.pointee.allocate(byteCount)
  }

  /// Takes everything back; no pointer that was handed out may be used any more.
  func reset() {
    state.pointee.reset()
  }

  /// Calls `body` with an allocator over this arena, valid for the call.
  func withAllocator<Result>(
    _ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> Result
  ) -> Result {
    // protobuf-c keeps the pointer no longer than the call.
    var allocator = ProtobufCAllocator(
      alloc: { context, byteCount in
        context?.assumingMemoryBound(to: State.self).pointee.allocate(byteCount)
      },
      // Everything is taken back together.
      free: { _, _ in },
      allocator_data: UnsafeMutableRawPointer(state))
    return body(&allocator)
  }
}

extension MessageArena {
  private struct State {
    /// A reference with three metadata entries takes about 700 bytes.
    static let firstBlockSize = 16 << 10
    static let furtherBlockSize = 256 << 10
    /// What malloc promises, and more than any field of a generated struct needs.
    static let alignment = 16

    let limit: Int
    let firstBlock: UnsafeMutableRawPointer
    /// Those of an unusually large message; freed by `reset()`.
    var furtherBlocks: [UnsafeMutableRawPointer] = []
    /// What is left of the block in use.
    var free: UnsafeMutableRawPointer
    var freeCount = State.firstBlockSize
    var granted = 0
    var isExhausted = false

    init(limit: Int) {
      self.limit = limit
      firstBlock = .allocate(byteCount: Self.firstBlockSize, alignment: Self.alignment)
      free = firstBlock
    }

    mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
      guard byteCount >= 0, byteCount <= limit - granted else {
        isExhausted = true
        return nil
      }
      // Never empty: protobuf-c takes NULL for a failure.
      let size = max((byteCount + Self.alignment - 1) / Self.alignment, 1) * Self.alignment
      if size > freeCount {
        let blockSize = max(size, Self.furtherBlockSize)
        // Unlike Swift's own allocation, this one may fail: a peer chooses how much it is.
        guard let block = malloc(blockSize) else {
          isExhausted = true
          return nil
        }
        furtherBlocks.append(block)
        freeCount = blockSize
        free = block
      }
      granted += size
      defer {
        free += size
        freeCount -= size
      }
      return free
    }

    mutating func reset() {
      releaseFurtherBlocks()
      free = firstBlock
      freeCount = Self.firstBlockSize
      granted = 0
      isExhausted = false
    }

    mutating func releaseFurtherBlocks() {
      guard !furtherBlocks.isEmpty else { return }
      for block in furtherBlocks { Glibc.free(block) }
      furtherBlocks.removeAll()
    }
  }
}
