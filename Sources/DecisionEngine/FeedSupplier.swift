package import DataSources
package import Scaling

/// What the engine asks of the upstream clients. `FeedRefresher` is the one that fetches; tests
/// supply readings themselves.
///
/// Confined to the engine's loop.
package protocol FeedSupplier: AnyObject {
  func update(dataSources: [DataSourceKey: DataSource])
  func retain(_ feed: Feed)
  func release(_ feed: Feed)
  /// Nil before the first attempt.
  func reading(of feed: Feed) -> Reading?
  /// Another thread has obtained a reading.
  func take(_ reading: Reading, of feed: Feed)
  /// The wall clock was set: what the supplier has dated by it moves along.
  func wallClockStepped(by step: Duration)
  var sources: [SourceStatus] { get }
  func shutdown()
}

extension FeedRouter: FeedSupplier {}
