internal import Scaling
internal import Testing
internal import Time

@testable internal import Serving

struct OverrideRequestTests {
  private let now = Instant(milliseconds: 1_800_000_000_000)

  private func request(_ text: String) throws -> OverrideRequest {
    try OverrideRequest(Array(text.utf8))
  }

  @Test func `says bounds, end and reason`() throws {
    let boost = try request(#"{"atLeast": 40, "for": "2h", "reason": "launch"}"#)
    #expect(try boost.bounds(answer: nil) == .atLeast(40))
    #expect(try boost.end(in: NamedTimeZone.utc.rules, at: now) == now.advanced(by: .seconds(7200)))
    #expect(boost.reason == "launch")
    let freeze = try request(#"{"freeze": true, "until": "18:00"}"#)
    #expect(try freeze.bounds(answer: 12) == .frozen(12))
    #expect(throws: OverrideRequest.Problem.self) { try freeze.bounds(answer: nil) }
  }

  @Test(arguments: [
    ("", "has to be such as"), ("[]", "has to be such as"),
    (#"{"until": "18:00"}"#, "needs atLeast, atMost or freeze"),
    (#"{"atLeast": 1}"#, "needs an end"),
    (#"{"atLeast": 1, "until": "18:00", "for": "2h"}"#, "needs an end"),
    (#"{"atLeast": -1, "for": "2h"}"#, "no number of replicas"),
    (#"{"atLeast": 9, "atMost": 1, "for": "2h"}"#, "above atMost"),
    (#"{"atLeast": 9, "freeze": true, "for": "2h"}"#, "leave atLeast and atMost out"),
    (#"{"atleast": 9, "for": "2h"}"#, "atLeast, atMost, freeze, until, for or reason"),
    (#"{"atLeast": 9, "for": "2h", "reason": "a\nb"}"#, "one line"),
  ])
  func `what is wrong is said with a form that is right`(text: String, expected: String) {
    let problem = #expect(throws: OverrideRequest.Problem.self) { try request(text) }
    #expect(problem?.sentence.contains(expected) == true)
  }
}
