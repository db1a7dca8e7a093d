internal import Testing
internal import Time

@testable internal import HTTPClient

@Suite struct RetryAfterTests {
  /// 2026-11-29 10:00:00 UTC.
  private static let now = Instant(milliseconds: 1_795_946_400_000)

  @Test(arguments: [
    ("120", Optional(Duration.seconds(120))), ("0", .zero), (" 7 ", .seconds(7)),
    ("99999999999999999999", .seconds(31_536_000)),
    ("Sun, 29 Nov 2026 10:02:00 GMT", .seconds(120)),
    ("Sunday, 29-Nov-26 10:02:00 GMT", .seconds(120)),
    ("Sun Nov 29 10:02:00 2026", .seconds(120)),
    ("Sun, 29 Nov 2026 09:59:00 GMT", .zero), ("", nil), ("soon", nil), ("-5", nil), ("1.5", nil),
    ("٣", nil),
  ])
  func `reads seconds and dates`(text: String, expected: Duration?) {
    let response = HTTPResponse(status: 503, headers: HTTPHeaders([("retry-after", text)]))
    #expect(response.retryAfter(at: Self.now) == expected)
  }

  @Test func `says nothing without the header`() {
    #expect(HTTPResponse(status: 503).retryAfter(at: Self.now) == nil)
  }

  @Test func `reckons from the server's own date where there is one`() {
    let headers = HTTPHeaders([
      ("Retry-After", "Sun, 29 Nov 2026 11:02:00 GMT"), ("Date", "Sun, 29 Nov 2026 11:00:00 GMT"),
    ])
    let response = HTTPResponse(status: 429, headers: headers)
    #expect(response.retryAfter(at: Self.now) == .seconds(120))
  }
}
