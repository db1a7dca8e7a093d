/// What a fetched signal last knew: its last good value, and how fetching has gone since.
///
/// Whether that makes the signal fresh, held or unavailable depends on the policy and on now; the
/// evaluator says so, not the reading.
package struct Reading: Hashable, Sendable {
  package enum Value: Hashable, Sendable {
    case forecast(ForecastSeries)
    /// A query's value: finite.
    case sample(Double)
  }

  /// The last good value and when it was obtained; nil before the first.
  package var value: Value?
  package var obtainedAt: Instant?
  /// Since when the forecaster calls this very snapshot stale (`X-Kedastral-Stale: true`).
  package var staleSince: Instant?
  /// The failure that lasts; nil when the latest attempt succeeded.
  package var failure: Failure?

  package struct Failure: Hashable, Sendable {
    /// The first failed attempt since the last good one.
    package var since: Instant
    /// One sentence for people: what was expected, what was found.
    package var message: String

    package init(since: Instant, message: String) {
      self.since = since
      self.message = message
    }
  }

  package init(
    value: Value? = nil, obtainedAt: Instant? = nil, staleSince: Instant? = nil,
    failure: Failure? = nil
  ) {
    self.value = value
    self.obtainedAt = obtainedAt
    self.staleSince = staleSince
    self.failure = failure
  }
}

/// What the evaluator is given for one signal of a policy, in the order of the policy's signals.
package enum SignalReading: Hashable, Sendable {
  /// The schedule, laid out over an interval that covers now and the lead window.
  case schedule(ScheduleTimeline)
  /// nil before the first attempt.
  case forecast(Reading?)
  /// nil before the first attempt; `uptime` is the reading of `PrometheusSignal.uptimeQuery`.
  case prometheus(Reading?, uptime: Reading?)
}
