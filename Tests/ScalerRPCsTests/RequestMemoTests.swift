internal import Testing

@testable internal import ScalerRPCs

@Suite struct RequestMemoTests {
  private func message(_ number: Int, length: Int = 12) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: number >> ($0 % 4 * 8)) ^ UInt8($0 & 0xFF) }
  }

  @Test func `finds what was remembered, and nothing else`() {
    var memo = RequestMemo<Int>()
    for number in 0..<1000 { memo.remember(number, for: message(number).span.bytes) }
    for number in 0..<1000 {
      #expect(memo.value(for: message(number).span.bytes) == number)
      #expect(memo.value(for: message(number, length: 13).span.bytes) == nil)
    }
    #expect(memo.value(for: message(1000).span.bytes) == nil)
    memo.removeAll()
    #expect(memo.value(for: message(1).span.bytes) == nil)
  }

  @Test func `is out of use once there are more messages than it may have`() {
    var memo = RequestMemo<Int>()
    for number in 0..<RequestMemo<Int>.maxEntries {
      memo.remember(number, for: message(number).span.bytes)
    }
    #expect(memo.count == RequestMemo<Int>.maxEntries)
    #expect(!memo.isOutgrown)
    #expect(memo.value(for: message(0).span.bytes) == 0)
    memo.remember(-1, for: message(-1).span.bytes)
    #expect(memo.isOutgrown)
    #expect(memo.count == 0)
    memo.remember(-2, for: message(-2).span.bytes)
    for number in [0, -1, -2] {
      #expect(memo.value(for: message(number).span.bytes) == nil)
    }
    memo.removeAll()
    #expect(!memo.isOutgrown)
    memo.remember(-1, for: message(-1).span.bytes)
    #expect(memo.value(for: message(-1).span.bytes) == -1)
  }

  @Test func `is out of use once there are more bytes than it may hold`() {
    var memo = RequestMemo<Int>()
    let length = RequestMemo<Int>.longestMessage
    let most = RequestMemo<Int>.maxBytes / length
    for number in 0..<most {
      memo.remember(number, for: message(number, length: length).span.bytes)
    }
    #expect(memo.count == most)
    #expect(!memo.isOutgrown)
    memo.remember(-1, for: message(-1, length: 1).span.bytes)
    #expect(memo.isOutgrown)
  }

  @Test func `leaves a message out that is one byte too long`() {
    var memo = RequestMemo<Int>()
    let longest = [UInt8](repeating: 1, count: RequestMemo<Int>.longestMessage)
    memo.remember(1, for: longest.span.bytes)
    memo.remember(2, for: (longest + [1]).span.bytes)
    #expect(memo.count == 1)
    #expect(memo.value(for: (longest + [1]).span.bytes) == nil)
  }
}
