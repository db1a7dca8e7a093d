internal import Glibc

/// The regression takes part only while it is better: last value, yesterday and last week are forecasts
/// too, each with an offset that keeps the quantile, and one that loses much less takes over.
struct Audit: Hashable, Sendable {
  private let quantile: Double
  /// How much less a guess has to lose, as a factor.
  private let margin: Double
  private let grid: BucketGrid
  private let discount: Double
  /// What is added to each guess, by guess and horizon, in z.
  private(set) var offsets: [Double]
  /// Discounted quantile losses in replicas, as `ForecastModel` numbers them.
  private(set) var losses: [Double]
  /// The usual |z − z[n]| of each horizon.
  private(set) var usual: [Double]
  /// The discounted number of buckets compared.
  private(set) var weight = 0.0

  init(quantile: Double, margin: Double, _ grid: BucketGrid) {
    self.quantile = quantile
    self.margin = margin
    self.grid = grid
    discount = grid.discount(halfLife: Tuning.auditDays)
    offsets = Array(repeating: 0, count: 3 * grid.horizons)
    losses = Array(repeating: 0, count: 4)
    usual = Array(repeating: Tuning.usualChange, count: grid.horizons)
  }

  /// The feature that is a guess.
  private func feature(_ model: ForecastModel) -> Int {
    switch model {
    case .regression, .lastValue: Features.lastValue
    case .yesterday: Features.yesterday
    case .lastWeek: Features.lastWeek(grid)
    }
  }

  private func place(_ model: ForecastModel, _ horizon: Int) -> Int {
    (Int(model.rawValue) - 1) * grid.horizons + horizon
  }

  /// Begins the comparison of one bucket.
  mutating func beginBucket() {
    for model in losses.indices { losses[model] *= discount }
    weight = weight * discount + 1
  }

  /// Compares what was forecast at one horizon, and calibrates the guesses.
  ///
  /// - Parameters:
  ///   - z: what came, and `replicas` the same in replicas.
  ///   - own: the regression's quantile.
  mutating func learn(
    _ horizon: Int, z: Double, replicas: Double, own: Double, _ features: FeatureVector
  ) {
    losses[0] += loss(replicas - expm1(own))
    for rawValue in 1...3 as ClosedRange<UInt8> {
      let model = ForecastModel(rawValue: rawValue) ?? .lastValue
      let place = place(model, horizon)
      let guess = Double(features[feature(model)]) + offsets[place]
      losses[Int(model.rawValue)] += loss(replicas - expm1(max(guess, 0)))
      let step = Tuning.auditRate * usual[horizon]
      offsets[place] += step * ((z > guess ? 1 : 0) - (1 - quantile))
    }
    let change = abs(z - Double(features[Features.lastValue]))
    usual[horizon] += (change - usual[horizon]) / Double(grid.day)
  }

  /// Quantile (pinball) loss.
  private func loss(_ difference: Double) -> Double {
    max(quantile * difference, (quantile - 1) * difference)
  }

  private var best: Int {
    var best = 1
    for model in 2...3 where losses[model] < losses[best] { best = model }
    return best
  }

  /// Who is in charge.
  var charge: ForecastModel {
    guard weight > Tuning.auditStart * Double(grid.day), losses[best] * margin < losses[0] else {
      return .regression
    }
    return ForecastModel(rawValue: UInt8(best)) ?? .regression
  }

  /// What a guess says of a horizon, in z, as a quantile.
  func guess(_ model: ForecastModel, _ horizon: Int, _ features: FeatureVector) -> Double {
    Double(features[feature(model)]) + offset(model, horizon)
  }

  /// What is added to a guess, in z.
  func offset(_ model: ForecastModel, _ horizon: Int) -> Double {
    offsets[place(model, horizon)]
  }

  /// How much less the regression loses than the best guess: 0.41 is 41 % less. Nil before the first
  /// judgement.
  var skill: (value: Double, guess: ForecastModel)? {
    guard weight > Tuning.auditStart * Double(grid.day), losses[best] > 0,
      let guess = ForecastModel(rawValue: UInt8(best))
    else { return nil }
    return (1 - losses[0] / losses[best], guess)
  }
}

extension Audit: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&offsets)
    coder.pass(&losses)
    coder.pass(&usual)
    coder.pass(&weight)
  }
}
