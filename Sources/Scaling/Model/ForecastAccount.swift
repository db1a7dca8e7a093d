package import Time

/// What a built-in forecast tells people of itself, beside the replicas that it asks for.
package struct ForecastAccount: Hashable, Sendable {
  /// The share of time in which it is to be enough.
  package var quantile: Double
  /// The buckets of the forecast, as the series has them.
  package var steps: [Step]
  /// How far the last hour was above its usual: 0.08 is 8 %. Nil where nothing is usual.
  package var lastHourAboveUsual: Double?
  /// The share of the last 7 days in which the load was at most what had been asked for it. Nil
  /// before anything was forecast.
  package var kept: Double?
  /// How much less it loses than the best simple guess (0.41: 41 %), and which one that is. Nil
  /// before they were compared for long enough.
  package var skill: Double?
  package var bestGuess: Model?
  /// Who makes the forecast.
  package var charge: Model
  /// What is added to a simple guess in charge: 0.06 is 6 %. Nil while none is.
  package var addition: Double?
  /// How much it has learnt, for people; nil once it knows a whole week.
  package var stage: String?
  /// From the first value that it knows to the last one, and how much was asked for.
  package var history: Duration
  package var wanted: Duration
  /// Buckets that were missing, or treated so.
  package var missing: Int

  /// Who can make a forecast.
  package enum Model: String, Hashable, Sendable, CaseIterable {
    case regression
    case lastValue = "last value"
    case yesterday
    case lastWeek = "last week"
  }

  /// Of one bucket, in the unit of the query.
  package struct Step: Hashable, Sendable {
    /// The median.
    package var expected: Double
    /// The quantile: what is asked for.
    package var atMost: Double
    /// What is usual at this time of the week; nil before a value is known.
    package var usual: Double?
    /// On the clock of the forecast's zone.
    package var weekday: Weekday

    package init(expected: Double, atMost: Double, usual: Double?, weekday: Weekday) {
      self.expected = expected
      self.atMost = atMost
      self.usual = usual
      self.weekday = weekday
    }
  }

  package init(
    quantile: Double, steps: [Step], lastHourAboveUsual: Double? = nil, kept: Double? = nil,
    skill: Double? = nil, bestGuess: Model? = nil, charge: Model = .regression,
    addition: Double? = nil, stage: String? = nil, history: Duration, wanted: Duration,
    missing: Int = 0
  ) {
    self.quantile = quantile
    self.steps = steps
    self.lastHourAboveUsual = lastHourAboveUsual
    self.kept = kept
    self.skill = skill
    self.bestGuess = bestGuess
    self.charge = charge
    self.addition = addition
    self.stage = stage
    self.history = history
    self.wanted = wanted
    self.missing = missing
  }
}
