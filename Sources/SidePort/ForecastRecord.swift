package import Scaling
package import Time

/// The built-in forecasts of one policy.
package struct ForecastRecords: Hashable, Sendable {
  package var policy: ResourceName
  package var now: Instant
  package var forecasts: [ForecastRecord]

  package init(policy: ResourceName, now: Instant, forecasts: [ForecastRecord]) {
    self.policy = policy
    self.now = now
    self.forecasts = forecasts
  }
}

/// What one signal forecasts, what it forecast before, and how far to trust it.
package struct ForecastRecord: Hashable, Sendable {
  package var signal: String
  package var isObserved: Bool
  package var model: BuiltInForecast
  package var state: Contribution.State
  /// Why it takes no part, or is not fresh; nil when it is.
  package var problem: String?
  /// Nil before there is a forecast; so is the account.
  package var series: ForecastSeries?
  package var account: ForecastAccount?
  /// The last day, oldest first.
  package var past: [PastForecast]

  package init(
    signal: String, isObserved: Bool, model: BuiltInForecast, state: Contribution.State,
    problem: String? = nil, series: ForecastSeries? = nil, account: ForecastAccount? = nil,
    past: [PastForecast] = []
  ) {
    self.signal = signal
    self.isObserved = isObserved
    self.model = model
    self.state = state
    self.problem = problem
    self.series = series
    self.account = account
    self.past = past
  }
}
