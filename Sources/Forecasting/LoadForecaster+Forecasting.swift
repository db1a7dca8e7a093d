internal import Glibc

extension LoadForecaster {
  /// Forecasts the buckets from `nextBucket` on, once two values are known.
  mutating func predict() {
    guard let firstBucket, valueCount >= 2 else { return }
    if isUnsolved {
      equations.solve()
      isUnsolved = false
    }
    let origin = nextBucket
    let limit = peaks.limit
    let cumulative = ResidualCounts.Cumulative(counts)
    let surely = cumulative.quantile(0.99)
    let idle = log1p(Tuning.idleReplicas)
    let unseen = Double(max(gap - grid.quarter, 0)) / Double(grid.horizons)
    let blindness = min(3, (1 + unseen).squareRoot())
    let source = FeatureSource(grid, clock, first: firstBucket, ring: ring, templates: templates)
    pending.begin(origin: origin)
    for horizon in 0..<grid.horizons {
      let features = source.features(origin + horizon, ring: ring, templates: templates)
      let center = equations.prediction(horizon, features).clamped(upTo: limit)
      let slot = clock.residualSlot(origin + horizon, grid)
      let scale = scale.scale(horizon, slot: slot, blindness: blindness)
      func quantile(_ share: Double) -> Double {
        (center + scale * cumulative.quantile(share)).clamped(upTo: limit)
      }
      if horizon == 0 { lowest = expm1(quantile(0.01)) }
      pending.write(
        origin, horizon, features,
        PendingForecasts.Row(
          center: center, scale: scale, quantile: quantile(correction.quantile(horizon)),
          median: quantile(medianCorrection.quantile(horizon)),
          isIdle: center + scale * surely < idle))
    }
    asked = z(of: 0, audit.charge, limit: limit)
  }

  /// What is asked for at a horizon of the newest forecast, in z.
  private func z(of horizon: Int, _ charge: ForecastModel, limit: Double) -> Double {
    guard charge != .regression else { return pending.row(nextBucket, horizon).quantile }
    return audit.guess(charge, horizon, pending.features(nextBucket, horizon))
      .clamped(upTo: limit)
  }

  /// The newest forecast; nil before the second value.
  package func forecast() -> LoadForecast? {
    guard pending.contains(origin: nextBucket) else { return nil }
    let charge = audit.charge
    let limit = peaks.limit
    var loads: [Double] = []
    loads.reserveCapacity(grid.horizons)
    var medians = loads
    medians.reserveCapacity(grid.horizons)
    for horizon in 0..<grid.horizons {
      loads.append(load(z(of: horizon, charge, limit: limit)))
      medians.append(load(pending.row(nextBucket, horizon).median))
    }
    return LoadForecast(
      firstBucket: nextBucket, charge: charge, loads: loads, medians: medians)
  }

  /// The load of a z, in the unit of the query.
  func load(_ z: Double) -> Double {
    min(parameters.threshold * expm1(z), .greatestFiniteMagnitude)
  }
}
