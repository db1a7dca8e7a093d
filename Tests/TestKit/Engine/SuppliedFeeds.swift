package import DataSources
internal import DecisionEngine
package import Scaling
internal import Time

/// Readings that a test hands out. Confined to the engine's loop.
package final class SuppliedFeeds: FeedSupplier {
  private let onReading: (Feed, Reading) -> Void
  package private(set) var retained: [Feed: Int] = [:]
  private var readings: [Feed: Reading] = [:]

  package init(onReading: @escaping (Feed, Reading) -> Void) {
    self.onReading = onReading
  }

  package func update(dataSources: [DataSourceKey: DataSource]) {}
  package func take(_ reading: Reading, of feed: Feed) {}

  package func retain(_ feed: Feed) { retained[feed, default: 0] += 1 }

  package func release(_ feed: Feed) {
    retained[feed, default: 0] -= 1
    guard retained[feed] == 0 else { return }
    retained[feed] = nil
    readings[feed] = nil
  }

  package func reading(of feed: Feed) -> Reading? { readings[feed] }

  package func wallClockStepped(by step: Duration) {
    for feed in readings.keys {
      readings[feed]?.obtainedAt?.advance(by: step)
      readings[feed]?.failure?.since.advance(by: step)
    }
  }

  package var sources: [SourceStatus] { [] }
  package func shutdown() {}

  package func supply(_ reading: Reading, for feed: Feed) {
    readings[feed] = reading
    onReading(feed, reading)
  }
}
