internal import Foundation
internal import Scaling
internal import TestKit
internal import Testing

@testable internal import DataSources

/// Against the Prometheus of Debian, where it is installed.
@Suite(.enabled(if: Program.find("prometheus") != nil, "prometheus is not in PATH"))
struct RealPrometheusTests {
  private static let expectations: [(promQL: String, value: Double?, sentence: String)] = [
    ("42", 42, ""), ("scalar(vector(7))", 7, ""), ("vector(1)", 1, ""),
    ("vector(1) * 1e6", 1e6, ""), ("sum(vector(2.5))", 2.5, ""), ("-(0.1)", -0.1, ""),
    ("absent(nothing) == 2", nil, "the query has no result"),
    ("0/0", nil, "the query's value is NaN"), ("1/0", nil, "the query's value is +Inf"),
    ("-vector(1)/0", nil, "the query's value is -Inf"),
    (
      #"label_replace(vector(1), "a", "x", "", "") or label_replace(vector(1), "a", "y", "", "")"#,
      nil, #"the query has 2 results, {a="x"} and {a="y"}, expected exactly one"#
    ),
    (#""text""#, nil, "a result of type \"string\""),
    ("vector(1)[5m:1m]", nil, "a result of type \"matrix\""),
    ("sum(", nil, "answered HTTP 400 \"bad_data: "), ("", nil, "answered HTTP 400 \"bad_data: "),
    ("vector(1) + on(a) group_left vector(1) and ü", nil, "answered HTTP 400 \"bad_data: "),
  ]

  @Test func `reads what a real server answers`() async throws {
    let folder = try TemporaryFolder()
    let port = try ScriptedServer.freePort()
    _ = try folder.write("prometheus.yml", "global: {}\n")
    let prometheus = try Program(
      try #require(Program.find("prometheus")),
      [
        "--config.file=prometheus.yml", "--storage.tsdb.path=data",
        "--web.listen-address=127.0.0.1:\(port)",
      ], in: folder)
    defer { prometheus.stop() }
    let ready = prometheus.line(with: "Server is ready")
    #expect(ready != nil)
    let source = Fixtures.prometheus("http://127.0.0.1:\(port)")
    try await RefresherHost.run { host in
      try await host.define(source)
      for (promQL, value, sentence) in Self.expectations {
        let feed = Feed.query(source: source.name, promQL: promQL, onEmpty: .error)
        try await host.retain(feed)
        let reading = try await host.reading(of: feed) { _ in true }
        #expect(reading?.value == value.map { .sample($0) }, "\(promQL)")
        #expect(
          value != nil || reading?.failure?.message.contains(sentence) == true,
          "\(promQL): \(String(describing: reading?.failure))")
      }
      let empty = Feed.query(source: source.name, promQL: "nothing", onEmpty: .zero)
      try await host.retain(empty)
      #expect(try await host.reading(of: empty) { _ in true }?.value == .sample(0))
      #expect(try await host.with { $0.sources.first?.state } == .up)
    }
  }
}
