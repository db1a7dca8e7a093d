import Testing

@testable import Telemetry

struct SampleTextTests {
  private func page(_ registry: MetricsRegistry, _ format: ExpositionFormat = .text) -> String {
    String(decoding: registry.exposition(format), as: UTF8.self)
  }

  @Test(arguments: [
    (0.0, "0"), (-1.5, "-1.5"), (1e16, "1e+16"), (1e-7, "1e-07"), (.nan, "NaN"),
    (.infinity, "+Inf"), (-.infinity, "-Inf"), (123_456_789, "123456789"),
  ])
  func `writes a value as Prometheus reads it`(value: Double, expected: String) {
    let registry = MetricsRegistry()
    registry.gauge("a_bytes", help: "x", unit: .bytes).with([]).set(value)
    #expect(page(registry).hasSuffix("\na_bytes \(expected)\n"))
    #expect(page(registry, .openMetrics).contains("# UNIT a_bytes bytes\n"))
  }

  @Test func `escapes label values and help`() {
    let registry = MetricsRegistry()
    registry.gauge("a", help: "q\" b\\ n\n.", labels: ["l"]).with(["q\" b\\ n\n é"]).set(1)
    #expect(
      page(registry) == #"""
        # HELP a q" b\\ n\n.
        # TYPE a gauge
        a{l="q\" b\\ n\n é"} 1

        """#)
    #expect(page(registry, .openMetrics).contains(#"# HELP a q\" b\\ n\n."#))
  }
}
