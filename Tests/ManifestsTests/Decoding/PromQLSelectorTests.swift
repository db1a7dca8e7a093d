internal import Scaling
internal import Testing

@testable internal import Manifests

/// Which targets stand behind a query, for `evidence: targets`.
struct PromQLSelectorTests {
  @Test(arguments: [
    (#"sum(rate(http_requests_total{job="api"}[1m]))"#, #"job="api""#),
    (
      #"sum by (code) (rate(x{job=~"a|b",code!="500", namespace = "shop"}[5m:30s] offset 1m))"#,
      #"job=~"a|b",namespace="shop""#
    ),
    (#"max_over_time({__name__="up",instance!~"a{1}"}[1h]) > bool 2.5e3"#, #"instance!~"a{1}""#),
    ("sum(x{job='a\\'}b'}) # {job=\"c\"}\n/ 2", "job='a\\'}b'"),
    (#"quantile(0.9, x{job="a"}) or vector(0)"#, #"job="a""#),
    (#"topk(3, a:b:c{job="a"} @ end())"#, #"job="a""#),
  ])
  func `The matchers of the one selector that a target has too`(
    query: String, matchers: String
  ) throws {
    #expect(try PromQLSelector(onlyOneOf: query).targetMatchers() == matchers)
  }

  @Test(arguments: [
    ("vector(1)", "found no selector"), ("", "found no selector"),
    (#"a{job="x"} / b{job="x"}"#, "found 2 selectors"),
    (#"a{job="x"} / on (job) b"#, "2 selectors"),
    ("sum(rate(x[1m]))", "by none of them"), (#"x{code="200"}"#, "by none of them"),
  ])
  func `Other queries are refused by what they have`(query: String, reason: String) {
    #expect {
      _ = try PromQLSelector(onlyOneOf: query).targetMatchers()
    } throws: {
      "\($0)".contains(reason)
    }
  }

  @Test(arguments: [
    "x{", "x{job=\"", "x{job=\"\\", "sum(", "[", "\"", "x{job='a' # b", "by (", "\u{0}",
  ])
  func `What does not end does not trap`(query: String) {
    _ = try? PromQLSelector(onlyOneOf: query).targetMatchers()
  }

  @Test func `evidence: targets becomes a query, and is refused at its place elsewhere`() {
    let head = "signals: [{prometheus: {threshold: 1, query: "
    let good = decode(policy(head + #"'sum(x{job="a"})', evidence: targets}}]"#))
    guard let decoded = good.policies.first,
      case .prometheus(let signal) = decoded.signals[0].kind
    else {
      Issue.record("\(good.lines)")
      return
    }
    #expect(signal.evidence == #"count(up{job="a"} == 1)"#)
    let bad = decode(policy(head + "'vector(1)', evidence: targets}}]"))
    #expect(
      bad.lines.contains { $0.contains("spec.signals[0].prometheus.evidence: expected a query") })
  }
}
