internal import Foundation

@testable internal import Forecasting

/// How good the forecasts of a walk were, by the two protocols of the forecast specification.
struct Scores {
  private let fixture: LoadFixture
  private let walk: LoadFixture.Walk
  private let horizons: Int

  init(_ fixture: LoadFixture, quantile: Double) throws {
    self.fixture = fixture
    walk = try fixture.walk(quantile: quantile)
    horizons = fixture.horizons
  }

  private func needed(_ load: Double) -> Double { (load / fixture.threshold - 1e-9).rounded(.up) }

  /// A forecast below a fifth of a replica asks for none.
  private func replicas(_ load: Double) -> Double {
    load < 0.2 * fixture.threshold ? 0 : needed(load)
  }

  /// Whether the load was at most what was forecast, over every origin and horizon.
  var delivered: Double {
    var share = Share()
    for origin in fixture.warmUp...walk.values.count - horizons {
      guard let forecast = walk.forecasts[origin] else { continue }
      for horizon in 0..<horizons {
        guard let load = walk.values[origin + horizon] else { continue }
        share.add(load <= forecast[horizon])
      }
    }
    return share.value
  }

  /// Origins every lead time, all buckets up to it: the share with too few replicas, and by how much there
  /// were too many on average.
  var compass: (short: Double, excess: Double) {
    var short = Share()
    var excess = 0.0
    for origin in stride(
      from: fixture.warmUp, through: walk.values.count - horizons, by: horizons)
    {
      guard let forecast = walk.forecasts[origin] else { continue }
      for horizon in 0..<horizons {
        guard let load = walk.values[origin + horizon] else { continue }
        let needed = needed(load)
        let asked = replicas(forecast[horizon])
        short.add(asked < needed)
        excess += max(asked - needed, 0) / max(needed, 1)
      }
    }
    return (short.value, excess / Double(short.count))
  }

  /// As an HPA runs it: the wish is the maximum of the last complete value and the forecasts of the next
  /// two buckets (one at 30 min), the highest wish of 300 s stays, and a pod serves one bucket later
  /// (at once at 30 min).
  var asRun: (short: Double, hours: Double) { run(withForecast: true) }
  /// The same without a forecast.
  var autoscaler: (short: Double, hours: Double) { run(withForecast: false) }

  private func run(withForecast: Bool) -> (short: Double, hours: Double) {
    let isFine = fixture.step <= 300
    var last = needed((walk.values.first ?? nil) ?? 0)
    var wishes: [Double] = []
    for (bucket, value) in walk.values.enumerated() {
      var wish = last
      if withForecast, let forecast = walk.forecasts[bucket] {
        wish = max(wish, forecast.prefix(isFine ? 2 : 1).map(replicas).max() ?? 0)
      }
      wishes.append(wish)
      if let value { last = needed(value) }
    }
    var short = Share()
    var wished = 0.0
    var hours = 0.0
    var before = wishes[0]
    for (bucket, value) in walk.values.enumerated() {
      let kept = isFine ? max(wishes[bucket], wishes[max(bucket - 1, 0)]) : wishes[bucket]
      let ready = isFine ? min(kept, before) : kept
      before = kept
      guard let value, bucket >= fixture.warmUp else { continue }
      short.add(ready < needed(value))
      wished += kept
      hours += needed(value)
    }
    return (short.value, wished / hours - 1)
  }
}

/// How many of them.
struct Share {
  private(set) var hits = 0
  private(set) var count = 0

  mutating func add(_ isHit: Bool) {
    hits += isHit ? 1 : 0
    count += 1
  }

  var value: Double { Double(hits) / Double(count) }
}
