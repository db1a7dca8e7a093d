internal import Glibc

extension LoadForecaster {
  /// Compares what was forecast for a bucket, at every horizon, with what came.
  mutating func learnFromForecasts(_ z: Double, _ bucket: Int) {
    var isFirst = true
    let replicas = expm1(z)
    let idle = log1p(Tuning.idleReplicas)
    let slot = clock.residualSlot(bucket, grid)
    if let asked { keptShare.learn(isKept: z <= asked) }
    for horizon in 0..<grid.horizons where pending.contains(origin: bucket - horizon) {
      let origin = bucket - horizon
      let row = pending.row(origin, horizon)
      if isFirst {
        audit.beginBucket()
        counts.discount(discount)
        isFirst = false
      }
      let residual = z - row.center
      let relative = residual / row.scale
      // Nights that are surely quiet would else be paid by the days.
      if !(row.isIdle && z < idle) {
        correction.learn(horizon, isAbove: z > row.quantile)
        medianCorrection.learn(horizon, isAbove: z > row.median)
        counts.add(relative)
      }
      let features = pending.features(origin, horizon)
      audit.learn(horizon, z: z, replicas: replicas, own: row.quantile, features)
      scale.learn(horizon, slot: slot, size: min(abs(residual), Tuning.largestResidual))
      let weight = min(1, Tuning.outlier / max(abs(relative), 1e-9))
      equations.learn(horizon, features, z, weight: weight, discount: discount)
      isUnsolved = true
    }
  }
}
