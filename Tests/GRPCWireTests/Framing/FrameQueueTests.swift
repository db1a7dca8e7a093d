internal import GRPCWire
internal import Testing

@Suite struct FrameQueueTests {
  @Test(arguments: [1, 2, 3, 5, 100])
  func `gives back what was added, in order`(size: Int) {
    var queue = FrameQueue()
    let frames: [[UInt8]] = [[1, 2, 3], [4], [], [5, 6, 7, 8, 9], [10]]
    frames.forEach { queue.append($0) }
    #expect(queue.messageCount == 4)
    #expect(queue.byteCount == 10)
    var found: [UInt8] = []
    while !queue.isEmpty {
      found += read(&queue, size)
    }
    #expect(found == frames.flatMap { $0 })
    #expect(queue.byteCount == 0)
    #expect(read(&queue, size).isEmpty)
  }

  @Test func `takes frames while it is read`() {
    var queue = FrameQueue()
    var found: [UInt8] = []
    for round in 0..<100 as Range<UInt8> {
      queue.append([round, round, round])
      found += read(&queue, 2)
    }
    while !queue.isEmpty { found += read(&queue, 7) }
    #expect(found == (0..<100).flatMap { [UInt8](repeating: $0, count: 3) })
  }

  @Test func `counts messages and bytes against the limits`() {
    let limits = FrameQueue.Limits(messages: 2, bytes: 10)
    var queue = FrameQueue()
    #expect(queue.hasRoom(forBytes: 1000, within: limits) == true, "one message always fits")
    queue.append([UInt8](repeating: 0, count: 6))
    #expect(queue.hasRoom(forBytes: 4, within: limits) == true)
    #expect(queue.hasRoom(forBytes: 5, within: limits) == false)
    #expect(queue.hasRoom(forBytes: .max, within: limits) == false)
    queue.append([0])
    #expect(queue.hasRoom(forBytes: 0, within: limits) == false)
    queue.removeAll()
    #expect(queue.hasRoom(forBytes: 11, within: limits) == true)
    #expect(queue.byteCount == 0)
  }

  private func read(_ queue: inout FrameQueue, _ size: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    let count = bytes.withUnsafeMutableBytes { queue.read(into: $0) }
    return Array(bytes.prefix(count))
  }
}
