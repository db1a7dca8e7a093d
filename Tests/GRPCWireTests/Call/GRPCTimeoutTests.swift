internal import GRPCWire
internal import Testing
internal import Time

@Suite struct GRPCTimeoutTests {
  @Test(arguments: [
    ("1H", Duration.seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)),
    ("4m", .milliseconds(4)), ("5u", .microseconds(5)), ("6n", .nanoseconds(6)),
    ("0S", .zero), ("00000000n", .zero), ("00000001S", .seconds(1)),
    ("99999999H", .seconds(99_999_999 * 3600)), ("99999999n", .nanoseconds(99_999_999)),
  ])
  func `reads digits and a unit`(text: String, expected: Duration) {
    #expect(parse(text) == expected)
  }

  @Test(arguments: [
    "", "S", "1", "12345678", "123456789S", "000000001S", "-1S", "+1S", "1.5S", "1 S", " 1S", "1S ",
    "1s", "1h", "1d", "0x1S", "1SS", "H1", "١S", "1µ", "\u{0}S",
  ])
  func `takes nothing else`(text: String) {
    #expect(parse(text) == nil)
  }

  @Test func `the longest timeout is an instant that never comes`() throws {
    let start = MonotonicTime(nanoseconds: 1 << 60)
    let timeout = try #require(parse("99999999H"))
    #expect(start.advanced(by: timeout) == MonotonicTime(nanoseconds: .max))
    #expect(start.duration(to: start.advanced(by: timeout)) > .zero)
  }

  @Test func `times saturate instead of overflowing`() {
    let start = MonotonicTime(nanoseconds: 5)
    #expect(start.advanced(by: .nanoseconds(7)) == MonotonicTime(nanoseconds: 12))
    #expect(start.advanced(by: .seconds(-7)) == start)
    #expect(start.advanced(by: .seconds(Int64.max)) == MonotonicTime(nanoseconds: .max))
    #expect(start.duration(to: MonotonicTime(nanoseconds: 3)) == .zero)
    #expect(
      MonotonicTime(nanoseconds: 0).duration(to: MonotonicTime(nanoseconds: .max))
        == .nanoseconds(Int64.max))
  }

  private func parse(_ text: String) -> Duration? {
    GRPCTimeout.parse(Array(text.utf8).span.bytes)
  }
}
