internal import Testing

@testable internal import SidePort

struct HeldAnswersTests {
  private static let long = HeldAnswers.longestShort + 1

  @Test func `up to the limit all wait, and beyond it the oldest ends`() {
    var answers = HeldAnswers(limit: 10 * Self.long)
    for socket in 1...10 { #expect(answers.began(Int32(socket), byteCount: Self.long).isEmpty) }
    #expect(answers.began(11, byteCount: Self.long) == [1])
    #expect(answers.began(12, byteCount: 2 * Self.long) == [2, 3])
    #expect(answers.byteCount == 10 * Self.long)
  }

  @Test func `what is taken makes room`() {
    var answers = HeldAnswers(limit: 5 * Self.long)
    for socket in 1...5 { _ = answers.began(Int32(socket), byteCount: Self.long) }
    answers.finished(3)
    answers.finished(99)
    #expect(answers.began(6, byteCount: Self.long).isEmpty)
    for socket in [1, 2, 4, 5, 6] { answers.finished(Int32(socket)) }
    #expect(answers.byteCount == 0)
  }

  @Test func `a few may wait whatever their length`() {
    var answers = HeldAnswers(limit: Self.long)
    for socket in 1...4 { #expect(answers.began(Int32(socket), byteCount: 1 << 30).isEmpty) }
    #expect(answers.began(5, byteCount: 1 << 30) == [1])
  }

  @Test func `short answers do not count`() {
    var answers = HeldAnswers(limit: 1)
    for socket in 1...100 {
      #expect(answers.began(Int32(socket), byteCount: HeldAnswers.longestShort).isEmpty)
    }
    #expect(answers.byteCount == 0)
  }
}
