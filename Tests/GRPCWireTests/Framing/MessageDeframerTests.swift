internal import GRPCWire
internal import TestKit
internal import Testing

@Suite struct MessageDeframerTests {
  static let messages: [[UInt8]] = [
    [1, 2, 3], [], [0, 0, 0, 0, 0], Array(0...255), [9], [], [], Array(repeating: 7, count: 1000),
  ]

  @Test(arguments: ByteSplitter.allCases)
  func `finds the messages however the bytes are cut`(splitter: ByteSplitter) throws {
    let body = Self.messages.flatMap { MessageFrame.framed($0) }
    var deframer = MessageDeframer(maxMessageSize: 1000)
    var found: [[UInt8]] = []
    for piece in splitter.pieces(of: body) {
      #expect(try Self.feed(piece, to: &deframer, &found) == nil)
    }
    #expect(found == Self.messages)
    #expect(deframer.isAtBoundary == true)
    #expect(deframer.statusAtEnd() == nil)
    #expect(deframer.bufferedBytes == 0)
  }

  @Test func `a message that lies in one chunk is not copied`() {
    var deframer = MessageDeframer(maxMessageSize: 10)
    var offset = 0
    let chunk = MessageFrame.framed([1, 2]) + MessageFrame.framed([3])
    #expect(deframer.next(in: chunk.span.bytes, from: &offset) == .message(5..<7))
    #expect(deframer.next(in: chunk.span.bytes, from: &offset) == .message(12..<13))
    #expect(deframer.next(in: chunk.span.bytes, from: &offset) == .needsMore)
  }

  @Test(arguments: ByteSplitter.allCases)
  func `a message may be as long as the limit and no longer`(splitter: ByteSplitter) throws {
    var deframer = MessageDeframer(maxMessageSize: 100)
    var found: [[UInt8]] = []
    for piece in splitter.pieces(of: MessageFrame.framed([UInt8](repeating: 1, count: 100))) {
      #expect(try Self.feed(piece, to: &deframer, &found) == nil)
    }
    #expect(found.count == 1)
    // The prefix alone is enough to know.
    var failure: RPCStatus?
    for piece in splitter.pieces(of: MessageFrame.prefix(length: 101)) where failure == nil {
      failure = try Self.feed(piece, to: &deframer, &found)
    }
    #expect(
      failure
        == RPCStatus(
          .resourceExhausted,
          "a message of 101 bytes is longer than the 100 bytes that are accepted"))
  }

  @Test func `the longest length that a prefix can say is refused without being kept`() throws {
    var deframer = MessageDeframer(maxMessageSize: 4 << 20)
    var found: [[UInt8]] = []
    let failure = try Self.feed([0, 255, 255, 255, 255], to: &deframer, &found)
    #expect(failure?.code == .resourceExhausted)
  }

  @Test(arguments: [1, 2, 255] as [UInt8])
  func `any compressed flag is an error`(flag: UInt8) throws {
    var deframer = MessageDeframer(maxMessageSize: 100)
    var found: [[UInt8]] = []
    let failure = try Self.feed([flag, 0, 0, 0, 1, 9], to: &deframer, &found)
    #expect(failure?.code == .internal)
    #expect(found.isEmpty)
  }

  @Test(arguments: 1..<8)
  func `the end inside a message is an error`(length: Int) throws {
    var deframer = MessageDeframer(maxMessageSize: 100)
    var found: [[UInt8]] = []
    let body = Array(MessageFrame.framed([1, 2, 3]).prefix(length))
    #expect(try Self.feed(body, to: &deframer, &found) == nil)
    #expect(deframer.isAtBoundary == false)
    #expect(deframer.statusAtEnd()?.code == .internal)
  }

  @Test func `a prefix that announces much reserves nothing`() throws {
    var deframer = MessageDeframer(maxMessageSize: 4 << 20)
    var found: [[UInt8]] = []
    #expect(
      try Self.feed(MessageFrame.prefix(length: 4 << 20) + [1], to: &deframer, &found) == nil)
    #expect(deframer.bufferedBytes == 1)
  }

  @Test func `random messages come out as they went in`() throws {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<300 {
      let messages = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        (0..<Int.random(in: 0...40, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
      }
      var deframer = MessageDeframer(maxMessageSize: 40)
      var found: [[UInt8]] = []
      var rest = messages.flatMap { MessageFrame.framed($0) }[...]
      while !rest.isEmpty {
        let length = Int.random(in: 1...20, using: &generator)
        #expect(try Self.feed(Array(rest.prefix(length)), to: &deframer, &found) == nil)
        rest = rest.dropFirst(length)
      }
      #expect(found == messages)
    }
  }

  /// - Returns: the failure, if there is one.
  private static func feed(
    _ piece: [UInt8], to deframer: inout MessageDeframer, _ found: inout [[UInt8]]
  ) throws -> RPCStatus? {
    var offset = 0
    while true {
      switch deframer.next(in: piece.span.bytes, from: &offset) {
      case .needsMore:
        #expect(offset == piece.count)
        return nil
      case .message(let range): found.append(Array(piece[range]))
      case .assembledMessage: found.append(deframer.takeAssembled())
      case .failed(let status): return status
      }
    }
  }
}
