package import Time

/// What a fetched signal last knew: its last good value, and how fetching has gone since.
///
/// Whether that makes the signal fresh, held, silent or unknown depends on the policy, on what the
/// signal asked before and on now; the evaluator says so, not the reading.
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
  /// Why the latest attempt brought no whole answer; nil when it did.
  package var failure: Failure?
  /// Of a built-in forecast, what it tells of itself.
  @Rare package var account: ForecastAccount?

  package struct Failure: Hashable, Sendable {
    /// The first such attempt since the last whole answer.
    package var since: Instant
    /// One sentence for people: what was expected, what was found.
    package var message: String
    package var kind: Kind

    package enum Kind: Hashable, Sendable {
      /// No answer, or none that can be used.
      case lost
      /// The source answers, and what it says is no value: a query that it calls wrong, several
      /// samples. Asking again soon brings nothing else.
      case invalid
      /// A forecaster's snapshot that no lead window reaches: it is over, or from the future. What
      /// was read before goes on, and is held.
      case outside
      /// The source answers, and says that it knows nothing: a workload that the forecaster has not
      /// learnt.
      case silent
      /// An answer that the source itself calls partial: a query's value is at least this, or nil
      /// where it says nothing.
      case partial(Double?)
      /// As silent, while the history of a built-in forecast is still being read.
      case learning
    }

    package init(since: Instant, message: String, kind: Kind = .lost) {
      self.since = since
      self.message = message
      self.kind = kind
    }
  }

  package init(
    value: Value? = nil, obtainedAt: Instant? = nil, staleSince: Instant? = nil,
    failure: Failure? = nil, account: ForecastAccount? = nil
  ) {
    _account = Rare(wrappedValue: account)
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
  /// nil before the first attempt; `uptime` is the reading of `PrometheusSignal.uptimeQuery(step:)`, and
  /// `evidence` that of `PrometheusSignal.evidence`.
  indirect case prometheus(Reading?, uptime: Reading? = nil, evidence: Reading? = nil)
  /// It cannot be read at all, for this reason: a time zone that is not known.
  case unreadable(String)
}

extension SignalReading {
  /// Whether this process cannot read the signal, so that another replica may know it better: its
  /// source fails here, or a snapshot is no longer what it should be. What the source says of itself,
  /// such as a value that is not trusted, the others hear as well.
  package var isUnread: Bool {
    switch self {
    case .schedule, .unreadable: false
    case .forecast: true
    case .prometheus(let reading, _, _): reading.map { $0.failure != nil } ?? true
    }
  }

  /// Whether a signal that is not known may be read soon: a start waits for it. A query that its
  /// source calls wrong is not waited for.
  package var mayComeSoon: Bool {
    switch self {
    case .schedule, .unreadable: false
    case .forecast(let reading), .prometheus(let reading, _, _): reading?.failure?.kind != .invalid
    }
  }

  /// Whether a forecast takes no part because its history is still being read.
  package var isBeingLearnt: Bool {
    guard case .forecast(let reading) = self else { return false }
    return reading?.failure?.kind == .learning
  }
}
