private import Synchronization

package typealias CounterFamily = MetricFamily<Counter>
package typealias GaugeFamily = MetricFamily<Gauge>
package typealias HistogramFamily = MetricFamily<Histogram>

/// All series of one metric that live as long as their labels do: one handle per label set.
///
/// `with` takes a lock, the handle that it returns does not: get handles once, outside of hot
/// paths, and keep them.
package final class MetricFamily<Series: Sendable>: Sendable {
  package let definition: MetricDefinition
  private let make: @Sendable () -> Series
  private let series = Mutex<[[String]: Series]>([:])

  init(_ definition: MetricDefinition, make: @escaping @Sendable () -> Series) {
    self.definition = definition
    self.make = make
  }

  /// The handle for these label values, in the order of the definition's labels; the same one for
  /// equal values. A wrong number of values is a programmer's error.
  ///
  /// Label values must come from a bounded set: a series is kept until `remove`.
  package func with(_ labelValues: [String]) -> Series {
    precondition(
      labelValues.count == definition.labels.count,
      "metric \(definition.name) has \(definition.labels.count) labels, not \(labelValues.count)")
    return series.withLock { series in
      if let existing = series[labelValues] { return existing }
      let new = make()
      series[labelValues] = new
      return new
    }
  }

  /// Stops exposing these label values. A handle that somebody keeps goes on counting unseen.
  package func remove(_ labelValues: [String]) {
    series.withLock { _ = $0.removeValue(forKey: labelValues) }
  }

  /// Stops exposing every series whose label values are of this kind.
  package func removeAll(where isRemoved: ([String]) -> Bool) {
    series.withLock { series in
      for labels in series.keys where isRemoved(labels) { series[labels] = nil }
    }
  }

  /// Every series, sorted by label values.
  var all: [(labels: [String], series: Series)] {
    series.withLock { $0.map { (labels: $0.key, series: $0.value) } }
      .sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
  }
}

/// A family whose series come and go with what they describe: a collector writes them again at
/// every scrape (`MetricsRegistry.onScrape`).
package struct CollectedFamily: Sendable {
  package let definition: MetricDefinition
  /// Its place in the registry.
  let index: Int
}
