internal import Glibc

/// What a forecaster tells people of itself.
extension LoadForecaster {
  /// From the first value that it knows to the last one.
  package var history: Duration {
    parameters.step * (firstBucket.map { nextBucket - $0 } ?? 0)
  }

  /// Whether what it knows is enough.
  package var stage: LearningStage {
    LearningStage(valueCount: valueCount, history: history)
  }

  /// In which share of the time the load was at most what had been asked for it one bucket before, the
  /// last 7 days above all (they count half). Nil before anything was forecast.
  package var kept: Double? { keptShare.share }

  /// How much less the regression loses than the best simple guess (0.41: 41 % less), and which one that
  /// is. Nil while they were compared for less than 3.6 days.
  package var skill: (value: Double, guess: ForecastModel)? { audit.skill }

  /// Who makes the forecast.
  package var charge: ForecastModel { audit.charge }

  /// What is added to a simple guess in charge for the next bucket: 0.06 is 6 % of the load and one
  /// replica. Nil while the regression is in charge.
  package var addition: Double? {
    charge == .regression ? nil : expm1(audit.offset(charge, 0))
  }

  /// What is usual at this time of the week, in the unit of the query; nil before a value is known.
  package func usualLoad(at bucket: Int) -> Double? {
    let z = templates.weekly[clock.weekSlot(bucket, grid)]
    return z.isNaN ? nil : load(max(z, 0))
  }

  /// How far the last hour was above its usual: 0.08 is 8 % above, -0.1 is 10 % below. Nil where nothing
  /// is usual, or next to nothing (below a fifth of a replica).
  package var lastHourAboveUsual: Double? {
    guard let firstBucket, valueCount >= 2 else { return nil }
    let from = max(nextBucket - grid.lastHour, firstBucket)
    var usual = 0.0
    for bucket in from..<nextBucket {
      usual += templates.weekly[clock.weekSlot(bucket, grid)] / Double(nextBucket - from)
    }
    let replicas = expm1(usual)
    guard replicas >= Tuning.idleReplicas else { return nil }
    return expm1(ring.mean(last: grid.lastHour)) / replicas - 1
  }
}
