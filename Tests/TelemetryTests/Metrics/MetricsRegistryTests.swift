import Testing
internal import Time

@testable import Telemetry

struct MetricsRegistryTests {
  private func page(_ registry: MetricsRegistry, _ format: ExpositionFormat = .text) -> String {
    String(decoding: registry.exposition(format), as: UTF8.self)
  }

  @Test func `counts`() {
    let registry = MetricsRegistry()
    let family = registry.counter("a_total", help: "Things.", labels: ["kind", "result"])
    family.with(["x", "ok"]).increment()
    family.with(["x", "ok"]).increment(by: 2)
    family.with(["w", "ok"]).increment(by: .max)
    #expect(
      page(registry) == """
        # HELP a_total Things.
        # TYPE a_total counter
        a_total{kind="w",result="ok"} 18446744073709551615
        a_total{kind="x",result="ok"} 3

        """)
    #expect(
      page(registry, .openMetrics) == """
        # TYPE a counter
        # HELP a Things.
        a_total{kind="w",result="ok"} 18446744073709551615
        a_total{kind="x",result="ok"} 3
        # EOF

        """)
  }

  @Test func `moves a gauge up and down`() {
    let gauge = MetricsRegistry().gauge("a", help: "x").with([])
    gauge.increment()
    gauge.increment()
    gauge.decrement()
    gauge.add(0.5)
    #expect(gauge.value == 1.5)
    gauge.set(7)
    #expect(gauge.value == 7)
    gauge.set(.milliseconds(250))
    #expect(gauge.value == 0.25)
  }

  @Test func `puts observations into cumulative buckets, bounds included`() {
    let registry = MetricsRegistry()
    let histogram = registry.histogram(
      "a_seconds", help: "x", unit: .seconds, labels: ["m"], buckets: [0.5, 1, 10]
    ).with(["x"])
    for value in [0.5, 0.50001, 1, 10, 10.5, .infinity, .nan, -1] { histogram.observe(value) }
    histogram.observe(.milliseconds(250))
    #expect(histogram.count == 8)
    #expect(
      page(registry) == """
        # HELP a_seconds x
        # TYPE a_seconds histogram
        a_seconds_bucket{m="x",le="0.5"} 3
        a_seconds_bucket{m="x",le="1"} 5
        a_seconds_bucket{m="x",le="10"} 6
        a_seconds_bucket{m="x",le="+Inf"} 8
        a_seconds_sum{m="x"} +Inf
        a_seconds_count{m="x"} 8

        """)
    let open = page(registry, .openMetrics)
    #expect(open.contains("le=\"1.0\"} 5"))
    #expect(open.contains("le=\"10.0\"} 6"))
    #expect(open.contains("le=\"+Inf\"} 8"))
  }

  @Test func `shows families by name, each in one piece, and leaves empty ones out`() {
    let registry = MetricsRegistry()
    let collected = registry.collected(.gauge, "b", help: "x", labels: ["l"])
    _ = registry.gauge("c", help: "x")
    _ = registry.gauge("a", help: "x")
    _ = registry.gauge("empty", help: "x", labels: ["l"])
    let other = registry.collected(.counter, "z_total", help: "x")
    registry.onScrape { writer in
      writer.write(collected, 1, labels: ["x"])
      writer.write(other, 5)
    }
    registry.onScrape { $0.write(collected, 2, labels: ["a"]) }
    let lines = page(registry).split(separator: "\n").filter { !$0.hasPrefix("# HELP") }
    #expect(
      lines == [
        "# TYPE a gauge", "a 0", "# TYPE b gauge", "b{l=\"x\"} 1", "b{l=\"a\"} 2",
        "# TYPE c gauge", "c 0", "# TYPE z_total counter", "z_total 5",
      ])
    #expect(registry.definitions.map(\.name) == ["a", "b", "c", "empty", "z_total"])
  }

  @Test func `forgets series that are removed`() {
    let registry = MetricsRegistry()
    let family = registry.gauge("a", help: "x", labels: ["x", "y"])
    for labels in [["1", "1"], ["1", "2"], ["2", "1"]] { family.with(labels).set(1) }
    family.remove(["2", "1"])
    family.remove(["9", "9"])
    #expect(family.all.map(\.labels) == [["1", "1"], ["1", "2"]])
    family.removeAll { $0[1] == "2" }
    #expect(family.all.map(\.labels) == [["1", "1"]])
  }

  @Test func `loses no count among threads, and lets them scrape meanwhile`() async {
    let registry = MetricsRegistry()
    let counter = registry.counter("a_total", help: "x", labels: ["l"])
    let gauge = registry.gauge("b", help: "x").with([])
    let histogram = registry.histogram("c_seconds", help: "x", unit: .seconds).with([])
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for count in 0..<5000 {
            counter.with(["\(count % 3)"]).increment()
            gauge.increment()
            histogram.observe(1)
          }
        }
      }
      group.addTask { for _ in 0..<50 { _ = registry.exposition(.text) } }
    }
    #expect(counter.all.reduce(0) { $0 + $1.series.value } == 20_000)
    #expect(gauge.value == 20_000)
    #expect(histogram.count == 20_000)
    #expect(histogram.sum == 20_000)
  }

  @Test func `stops the process for the programmer's errors`() async {
    await #expect(processExitsWith: .failure) {
      _ = MetricsRegistry().counter("a", help: "x")
    }
    await #expect(processExitsWith: .failure) {
      let registry = MetricsRegistry()
      _ = registry.gauge("a", help: "x")
      _ = registry.gauge("a", help: "y")
    }
    await #expect(processExitsWith: .failure) {
      _ = MetricsRegistry().gauge("a", help: "x", labels: ["l"]).with([])
    }
    await #expect(processExitsWith: .failure) {
      _ = MetricsRegistry().histogram("a", help: "x", buckets: [1, 1])
    }
  }
}

struct MetricDefinitionTests {
  private func problem(
    _ name: String, _ type: MetricType = .gauge, unit: MetricUnit? = nil, labels: [String] = [],
    help: String = "x"
  ) -> String? {
    MetricDefinition(name: name, help: help, type: type, unit: unit, labels: labels).problem
  }

  @Test func `accepts what Prometheus accepts`() {
    #expect(problem("a_B9") == nil)
    #expect(problem("_a", labels: ["a", "_b", "C9"]) == nil)
    #expect(problem("a_total", .counter) == nil)
    #expect(problem("a_seconds_total", .counter, unit: .seconds) == nil)
    #expect(problem("a_seconds", .histogram, unit: .seconds) == nil)
  }

  @Test(arguments: [
    "", "9a", "a-b", "a:b", "a b", "é", "a\n", "a_total", "a_sum", "a_count", "a_bucket",
  ])
  func `refuses wrong names`(name: String) {
    #expect(problem(name) != nil)
  }

  @Test func `refuses wrong types, units, labels and missing help`() {
    #expect(problem("a", .counter) != nil)
    #expect(problem("a", unit: .seconds) != nil)
    #expect(problem("a_seconds", unit: .bytes) != nil)
    #expect(problem("a", help: "") != nil)
    for label in ["", "9", "a-b", "__a", "le", "é"] {
      #expect(problem("a", labels: [label]) != nil)
    }
    #expect(problem("a", labels: ["b", "b"]) != nil)
  }

  @Test func `lets go of its collectors at the end, and of what they know`() {
    final class Source: Sendable {
      let registry: MetricsRegistry

      init(_ registry: MetricsRegistry) {
        self.registry = registry
      }
    }
    let registry = MetricsRegistry()
    let family = registry.collected(.gauge, "a", help: "Things.")
    weak var known: Source?
    do {
      let source = Source(registry)
      known = source
      registry.onScrape { writer in
        _ = source.registry.definitions
        writer.write(family, 1)
      }
    }
    #expect(registry.exposition(.text).contains(UInt8(ascii: "1")))
    #expect(known != nil)
    registry.endScrapes()
    #expect(known == nil)
    #expect(registry.exposition(.text) == [])
  }
}
