package import Scaling
package import Time

/// How one data source does, for health checks and metrics.
package struct SourceStatus: Hashable, Sendable {
  package var key: DataSourceKey
  package var state: State
  /// When it last answered something of use; nil before the first time.
  package var lastSuccess: Instant?
  /// The latest trouble of the source itself, one sentence; nil when it has answered since. What
  /// fails for a single feed is in that feed's reading.
  package var lastError: String?
  /// How many distinct feeds are fetched from it. A source without any is probed all the same.
  package var feeds: Int
  /// How many fetches are under way.
  package var inFlight: Int

  package enum State: String, Hashable, Sendable, CaseIterable {
    /// No fetch has ended yet.
    case unknown
    /// It answers. Single queries may fail all the same.
    case up
    /// It does not answer, or answers nothing of use.
    case failing
  }

  package init(
    key: DataSourceKey, state: State = .unknown, lastSuccess: Instant? = nil,
    lastError: String? = nil, feeds: Int = 0, inFlight: Int = 0
  ) {
    self.key = key
    self.state = state
    self.lastSuccess = lastSuccess
    self.lastError = lastError
    self.feeds = feeds
    self.inFlight = inFlight
  }
}
