internal import Scaling
internal import Testing
internal import Time

struct TimedTextTests {
  private let now = Instant(milliseconds: 1_796_000_000_123)

  @Test(arguments: [
    ("", ""), ("plain {x} {no}", "plain {x} {no}"), ("{now}", "1796000000"),
    ("{\"from\":{now-5m},\"to\":{now:ms}}", "{\"from\":1795999700,\"to\":1796000000123}"),
    ("a{now-1h30m:s}b", "a1795994600b"), ("{now-0s:rfc3339}", "2026-11-30T00:53:20Z"),
  ])
  func `times are filled in and nothing else`(text: String, expected: String) throws {
    let timed = try TimedText(text)
    #expect(timed.filled(at: now) == expected)
    #expect(timed.text == text)
    #expect(timed.isPlain == !text.contains("{now"))
  }

  @Test(arguments: ["{now", "{now+5m}", "{now-5}", "{now:day}", "{nowhere}", "{now-5m:ms:s}"])
  func `what begins as a time and is none is refused`(text: String) {
    #expect(throws: TimedText.Problem.self) { try TimedText(text) }
  }
}
