internal import CExternalScaler

/// The memory of one message at a time, handed out in ascending order and taken back at once.
///
/// Stands behind protobuf-c's allocator, so that decoding in the steady state calls malloc for
/// nothing but the Swift strings it returns. Owned by one decoder or one encoding call; confined
/// to its thread.
final class MessageArena {
  /// A reference with three metadata entries takes about 700 bytes.
  private static let firstBlockSize = 16 << 10
  private static let furtherBlockSize = 256 << 10
  /// What malloc promises, and more than any field of a generated struct needs.
  private static let alignment = 16

  /// The most bytes to hand out between two resets.
  private let limit: Int
  private let firstBlock: UnsafeMutableRawBufferPointer
  /// Those of an unusually large message; freed by `reset()`.
  private var furtherBlocks: [UnsafeMutableRawBufferPointer] = []
  /// What is left of the block in use.
  private var free: UnsafeMutableRawBufferPointer.SubSequence
  private var granted = 0
  /// True once a request was refused since the last reset.
  private(set) var isExhausted = false

  init(limit: Int) {
    self.limit = limit
    firstBlock = .allocate(byteCount: Self.firstBlockSize, alignment: Self.alignment)
    free = firstBlock[...]
  }

  deinit {
    reset()
    firstBlock.deallocate()
  }

  /// Nil when the limit would be passed. The memory is not initialised.
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount >= 0, byteCount <= limit - granted else {
      isExhausted = true
      return nil
    }
    // Never empty: protobuf-c takes NULL for a failure.
    let size = max((byteCount + Self.alignment - 1) / Self.alignment, 1) * Self.alignment
    if size > free.count {
      let block = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(size, Self.furtherBlockSize), alignment: Self.alignment)
      furtherBlocks.append(block)
      free = block[...]
    }
    granted += size
    let start = UnsafeMutableRawBufferPointer(rebasing: free).baseAddress
    free = free.dropFirst(size)
    return start
  }

  /// Takes everything back; no pointer that was handed out may be used any more.
  func reset() {
    for block in furtherBlocks { block.deallocate() }
    furtherBlocks.removeAll()
    free = firstBlock[...]
    granted = 0
    isExhausted = false
  }

  /// Calls `body` with an allocator over this arena, valid for the call.
  func withAllocator<Result>(
    _ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> Result
  ) -> Result {
    // protobuf-c keeps the pointer no longer than the call, and `self` outlives it.
    var allocator = ProtobufCAllocator(
      alloc: { context, byteCount in
        guard let context else { return nil }
        return Unmanaged<MessageArena>.fromOpaque(context).takeUnretainedValue()
          .allocate(byteCount)
      },
      // Everything is taken back together.
      free: { _, _ in },
      allocator_data: Unmanaged.passUnretained(self).toOpaque())
    return withExtendedLifetime(self) { body(&allocator) }
  }
}
