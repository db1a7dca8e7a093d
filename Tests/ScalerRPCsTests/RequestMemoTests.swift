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

  @Test(arguments: [100, RequestMemo<Int>.longestMessage])
  func `takes no more once its bytes are used up, until it is emptied`(_ length: Int) {
    var memo = RequestMemo<Int>()
    let most = RequestMemo<Int>.maxBytes / (length + RequestMemo<Int>.entryOverhead)
    for number in 0..<most {
      memo.remember(number, for: message(number, length: length).span.bytes)
    }
    #expect(memo.count == most)
    #expect(!memo.isFull)
    memo.remember(-1, for: message(-1, length: length).span.bytes)
    #expect(memo.isFull)
    #expect(memo.count == most)
    #expect(memo.value(for: message(-1, length: length).span.bytes) == nil)
    #expect(memo.value(for: message(0, length: length).span.bytes) == 0)
    memo.removeAll()
    #expect(!memo.isFull)
    memo.remember(-1, for: message(-1, length: length).span.bytes)
    #expect(memo.value(for: message(-1, length: length).span.bytes) == -1)
  }

  @Test func `a message that is remembered twice is counted once`() {
    var memo = RequestMemo<Int>()
    let length = RequestMemo<Int>.longestMessage
    for number in 0...RequestMemo<Int>.maxBytes / length {
      memo.remember(number, for: message(1, length: length).span.bytes)
    }
    #expect(!memo.isFull)
    #expect(memo.count == 1)
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
