internal import EventLoop
package import Scaling

/// Where readings come from: live values and forecasters' answers from the refresher, on this loop,
/// and what Headstart forecasts itself from the thread that learns.
///
/// Confined to its loop, as the refresher is.
package final class FeedRouter {
  private let refresher: FeedRefresher
  private let learning: ForecastLearning
  private let onReading: (Feed, Reading) -> Void
  /// What is learnt, by the feeds that are retained.
  private var forecasts: [Feed: Forecast] = [:]

  private struct Forecast {
    var references = 1
    var reading: Reading?
  }

  /// - Parameter onReading: called on the loop for every reading of what is learnt. The refresher
  ///   tells its own.
  package init(
    refresher: FeedRefresher, learning: ForecastLearning,
    onReading: @escaping (Feed, Reading) -> Void
  ) {
    self.refresher = refresher
    self.learning = learning
    self.onReading = onReading
  }

  package func update(dataSources: [DataSourceKey: DataSource]) {
    refresher.update(dataSources: dataSources)
    tell { $0.update(dataSources: dataSources) }
  }

  package func retain(_ feed: Feed) {
    guard feed.isLearnt else { return refresher.retain(feed) }
    forecasts[feed, default: Forecast(references: 0)].references += 1
    tell { $0.retain(feed) }
  }

  package func release(_ feed: Feed) {
    guard feed.isLearnt else { return refresher.release(feed) }
    guard let references = forecasts[feed]?.references else { return }
    if references > 1 { forecasts[feed]?.references -= 1 } else { forecasts[feed] = nil }
    tell { $0.release(feed) }
  }

  package func reading(of feed: Feed) -> Reading? {
    feed.isLearnt ? forecasts[feed]?.reading : refresher.reading(of: feed)
  }

  /// The thread that learns has something to say.
  package func take(_ reading: Reading, of feed: Feed) {
    guard forecasts[feed] != nil else { return }
    forecasts[feed]?.reading = reading
    onReading(feed, reading)
  }

  package func wallClockStepped(by step: Duration) {
    refresher.wallClockStepped(by: step)
    for feed in forecasts.keys { forecasts[feed]?.reading?.shift(by: step) }
    tell { $0.wallClockStepped() }
  }

  package var sources: [SourceStatus] { refresher.sources }

  package func shutdown() {
    refresher.shutdown()
  }

  private func tell(_ order: @escaping @Sendable (isolated ForecastLearning) -> Void) {
    learning.loop.post { [learning] in learning.assumeIsolated(order) }
  }
}

extension Feed {
  /// Whether Headstart learns it itself.
  fileprivate var isLearnt: Bool {
    switch self {
    case .builtIn: true
    case .forecast, .query, .json: false
    }
  }
}
