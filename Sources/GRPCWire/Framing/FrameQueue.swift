/// The messages of one RPC that wait to be sent, bounded by count and bytes.
package struct FrameQueue: ~Copyable, Sendable {
  /// How much may wait. One message always may, whatever its size.
  package struct Limits: Sendable, Equatable {
    package var messages: Int
    package var bytes: Int

    package init(messages: Int, bytes: Int) {
      self.messages = messages
      self.bytes = bytes
    }
  }

  private var first: [UInt8] = []
  /// How much of `first` has been read.
  private var offset = 0
  private var rest: [[UInt8]] = []
  /// How many of `rest` have become `first`.
  private var restOffset = 0

  /// The messages that are not read to their end.
  package private(set) var messageCount = 0
  /// The bytes that are not read.
  package private(set) var byteCount = 0

  package init() {}

  package var isEmpty: Bool { messageCount == 0 }

  /// Whether `frame` may join the queue.
  package func hasRoom(forBytes count: Int, within limits: Limits) -> Bool {
    messageCount == 0
      || (messageCount < limits.messages && byteCount <= limits.bytes - min(count, limits.bytes))
  }

  /// Adds `frame` at the end. An empty one is nothing to send, and is left out.
  package mutating func append(_ frame: [UInt8]) {
    guard !frame.isEmpty else { return }
    if messageCount == 0 {
      first = frame
      offset = 0
    } else {
      rest.append(frame)
    }
    messageCount += 1
    byteCount += frame.count
  }

  /// Moves as many bytes as there are, and as fit, into `buffer`.
  ///
  /// - Returns: the number of bytes moved.
  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var written = 0
    while written < buffer.count, messageCount > 0 {
      let count = min(first.count - offset, buffer.count - written)
      first.withUnsafeBytes { bytes in
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[written..<written + count])
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
      }
      written += count
      offset += count
      if offset == first.count { advance() }
    }
    byteCount -= written
    return written
  }

  package mutating func removeAll() {
    // What has been read to its end is gone already.
    guard messageCount > 0 else { return }
    self = FrameQueue()
  }

  private mutating func advance() {
    messageCount -= 1
    offset = 0
    guard restOffset < rest.count else {
      first = []
      return
    }
    first = rest[restOffset]
    rest[restOffset] = []
    restOffset += 1
    if restOffset == rest.count {
      rest.removeAll(keepingCapacity: true)
      restOffset = 0
    }
  }
}
