/// What is counted about the fetches from one data source.
///
/// A forecaster's fetches also count in Kedastral's metrics.
package final class SourceMetrics: Sendable {
  private let metrics: HeadstartMetrics
  private let labels: [String]
  private let isForecaster: Bool
  private let successes: Counter
  private let failures: Counter
  private let partials: Counter
  private let duration: Histogram

  init(_ metrics: HeadstartMetrics, source: String, kind: String) {
    self.metrics = metrics
    labels = [source, kind]
    isForecaster = kind == "forecaster"
    successes = metrics.sourceFetches.with(labels + ["success"])
    failures = metrics.sourceFetches.with(labels + ["failure"])
    partials = metrics.partialAnswers.with(labels)
    duration = metrics.sourceFetchDuration.with(labels)
  }

  /// A fetch brought a usable answer.
  ///
  /// - Parameter forecastAge: Of a forecast, the time since it was generated.
  package func fetchSucceeded(after duration: Duration, forecastAge: Duration? = nil) {
    successes.increment()
    if let forecastAge { metrics.forecastAgeSeen.set(forecastAge) }
    observe(duration)
  }

  /// A fetch brought nothing usable.
  ///
  /// - Parameter reason: A short word of a fixed set, such as `timeout`, `connect`, `http_404`;
  ///   never a text from outside.
  package func fetchFailed(reason: String, after duration: Duration) {
    failures.increment()
    metrics.sourceFetchFailures.with(labels + [reason]).increment()
    if isForecaster { metrics.forecastFetchErrors.increment() }
    observe(duration)
  }

  /// The source called an answer partial itself.
  package func answeredInPart() {
    partials.increment()
  }

  private func observe(_ duration: Duration) {
    self.duration.observe(duration)
    if isForecaster { metrics.forecastFetchDuration.observe(duration) }
  }
}

extension HeadstartMetrics {
  /// The handles of one data source: get them once and keep them.
  ///
  /// - Parameters:
  ///   - source: `namespace/name`, or the name alone.
  ///   - kind: `forecaster` or `prometheus`.
  package func source(_ source: String, kind: String) -> SourceMetrics {
    SourceMetrics(self, source: source, kind: kind)
  }

  /// The data source is no more: its series go with it.
  package func removeSource(_ source: String, kind: String) {
    for family in [sourceFetches, sourceFetchFailures] {
      family.removeAll { $0[0] == source && $0[1] == kind }
    }
    partialAnswers.remove([source, kind])
    sourceFetchDuration.remove([source, kind])
  }
}
