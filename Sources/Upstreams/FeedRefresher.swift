package import EventLoop
package import Scaling
package import Telemetry

/// Keeps the readings of feeds up to date: fetches each at once when it is first wanted and then
/// at its data source's refresh interval, once for all who want it.
///
/// It knows nothing of policies. Confined to its loop: an actor of the loop owns it.
package final class FeedRefresher {
  /// - Parameters:
  ///   - userAgent: What requests call us, such as `headstart/1.0.0`.
  ///   - onReading: Called on the loop after each attempt, and never from within another call of
  ///     the refresher.
  /// - Throws: when the loop has no room for timers, or libcurl cannot start.
  package init(
    loop: EventLoop, userAgent: String, wallClock: @escaping () -> Instant,
    jitter: JitterSource = .random(), logger: Logger, metrics: HeadstartMetrics,
    onReading: @escaping (Feed, Reading) -> Void
  ) throws(EventLoopError) {
  }

  /// Puts these data sources in force. The feeds of one that is new or changed are fetched soon;
  /// those of one that is gone fail from now on, and keep their last values.
  package func update(dataSources: [DataSourceKey: DataSource]) {
  }

  /// Fetches the feed from now on. Each call wants its own `release`.
  package func retain(_ feed: Feed) {
  }

  /// Stops fetching the feed when nobody wants it any more, and forgets its reading.
  package func release(_ feed: Feed) {
  }

  /// The latest reading; nil for a feed that is not retained, and before its first attempt ended.
  package func reading(of feed: Feed) -> Reading? {
    nil
  }

  /// Every data source in force, sorted by kind and name.
  package var sources: [SourceStatus] {
    []
  }

  /// Ends all fetches; `onReading` is not called again.
  package func shutdown() {
  }
}
