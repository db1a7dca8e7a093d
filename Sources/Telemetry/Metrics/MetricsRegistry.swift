private import Synchronization

/// Every metric of the process, and the pages that Prometheus reads.
///
/// Families are declared once, at start; a wrong definition (name, unit, label, a name taken
/// twice) is a programmer's error and stops the process. Counting goes through the handles of the
/// families and takes no lock. May be used from any thread.
package final class MetricsRegistry: Sendable {
  package typealias Collector = @Sendable (inout MetricWriter) -> Void

  private struct State {
    var families: [Family] = []
    /// Names of samples, so that no family's `_count` is another's name.
    var taken: Set<String> = []
    var collectors: [Collector] = []
  }

  private struct Family: Sendable {
    let definition: MetricDefinition
    /// The lines of series that live in the family; nil for a collected one.
    let lines: (@Sendable (ExpositionFormat) -> [UInt8])?
  }

  private let state = Mutex(State())

  package init() {}

  // MARK: Declaring

  /// - Parameters:
  ///   - name: Ends in `_total`.
  ///   - help: One sentence.
  ///   - unit: The name then ends in it, before `_total`.
  package func counter(
    _ name: String, help: String, unit: MetricUnit? = nil, labels: [String] = []
  ) -> CounterFamily {
    family(
      MetricDefinition(name: name, help: help, type: .counter, unit: unit, labels: labels),
      make: { Counter() }, write: { counter, samples in counter.write(to: &samples) })
  }

  /// - Parameter isForeign: whether the name is another program's. Its counters are gauges here:
  ///   a counter's name would have to end in `_total`.
  package func gauge(
    _ name: String, help: String, unit: MetricUnit? = nil, labels: [String] = [],
    isForeign: Bool = false
  ) -> GaugeFamily {
    family(
      MetricDefinition(
        name: name, help: help, type: .gauge, unit: unit, labels: labels, isForeign: isForeign),
      make: { Gauge() }, write: { gauge, samples in gauge.write(to: &samples) })
  }

  /// - Parameter buckets: Inclusive upper bounds, finite and rising; +Inf is implied.
  package func histogram(
    _ name: String, help: String, unit: MetricUnit? = nil, labels: [String] = [],
    buckets: [Double] = Histogram.defaultBuckets
  ) -> HistogramFamily {
    precondition(
      !buckets.isEmpty && buckets.allSatisfy(\.isFinite)
        && zip(buckets, buckets.dropFirst()).allSatisfy(<),
      "metric \(name): the buckets must be finite and rise")
    return family(
      MetricDefinition(name: name, help: help, type: .histogram, unit: unit, labels: labels),
      make: { Histogram(buckets: buckets) },
      write: { histogram, samples in histogram.write(to: &samples) })
  }

  /// A counter or gauge whose series a collector writes at every scrape.
  package func collected(
    _ type: MetricType, _ name: String, help: String, unit: MetricUnit? = nil,
    labels: [String] = []
  ) -> CollectedFamily {
    precondition(type != .histogram, "metric \(name): histograms cannot be collected")
    let definition = MetricDefinition(
      name: name, help: help, type: type, unit: unit, labels: labels)
    let index = declare(Family(definition: definition, lines: nil))
    return CollectedFamily(definition: definition, index: index)
  }

  /// Runs at every scrape, on the scraping thread, in the order of registration.
  package func onScrape(_ collect: @escaping Collector) {
    state.withLock { $0.collectors.append(collect) }
  }

  /// Lets go of what `onScrape` was given, once no one scrapes any more: collectors know what they
  /// collect from, which in turn knows the registry.
  package func endScrapes() {
    // What they hold is freed unlocked: it may ask the registry for something.
    _ = state.withLock { state in
      defer { state.collectors = [] }
      return state.collectors
    }
  }

  // MARK: Exposing

  /// Every family's definition, sorted by name.
  package var definitions: [MetricDefinition] {
    state.withLock { $0.families.map(\.definition) }.sorted { $0.name < $1.name }
  }

  /// The whole page, families sorted by name. A family without series is left out.
  package func exposition(_ format: ExpositionFormat) -> [UInt8] {
    // Collectors run unlocked: they may take their time, and may ask the registry for a handle.
    let (families, collectors) = state.withLock { ($0.families, $0.collectors) }
    var writer = MetricWriter(
      families.map { $0.lines == nil ? $0.definition : nil }, format: format)
    for collect in collectors { collect(&writer) }
    var page: [UInt8] = []
    let sorted = families.enumerated().sorted {
      $0.element.definition.name < $1.element.definition.name
    }
    for (index, family) in sorted {
      let lines = family.lines.map { $0(format) } ?? writer.lines(of: index)
      guard !lines.isEmpty else { continue }
      page += Self.header(family.definition, format)
      page += lines
    }
    if format == .openMetrics { page += "# EOF\n".utf8 }
    return page
  }

  // MARK: Helpers

  private func family<Series>(
    _ definition: MetricDefinition, make: @escaping @Sendable () -> Series,
    write: @escaping @Sendable (Series, inout SampleText) -> Void
  ) -> MetricFamily<Series> {
    let family = MetricFamily(definition, make: make)
    _ = declare(
      Family(definition: definition) { format in
        var samples = SampleText(definition, format: format)
        for (labels, series) in family.all {
          samples.begin(labelValues: labels)
          write(series, &samples)
        }
        return samples.bytes
      })
    // A metric without labels is there from the start, as 0.
    if definition.labels.isEmpty { _ = family.with([]) }
    return family
  }

  private func declare(_ family: Family) -> Int {
    let definition = family.definition
    if let problem = definition.problem { preconditionFailure(problem) }
    return state.withLock { state in
      for name in definition.sampleNames {
        precondition(state.taken.insert(name).inserted, "metric name \(name) is taken twice")
      }
      state.families.append(family)
      return state.families.count - 1
    }
  }

  private static func header(_ definition: MetricDefinition, _ format: ExpositionFormat) -> [UInt8]
  {
    var help: [UInt8] = []
    SampleText.appendEscaped(definition.help, quotes: format == .openMetrics, to: &help)
    let type = definition.type.rawValue
    switch format {
    case .text:
      let name = definition.name
      return Array("# HELP \(name) ".utf8) + help + "\n# TYPE \(name) \(type)\n".utf8
    case .openMetrics:
      let name = definition.family
      let unit = definition.unit.map { "# UNIT \(name) \($0.rawValue)\n" } ?? ""
      return Array("# TYPE \(name) \(type)\n\(unit)# HELP \(name) ".utf8) + help + "\n".utf8
    }
  }
}
