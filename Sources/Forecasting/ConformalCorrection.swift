/// θ of each horizon: what is added to the quantile so that it is delivered. Without it what is delivered
/// is off by up to 6.3 points instead of 1.8.
struct ConformalCorrection: Hashable, Sendable {
  let quantile: Double
  private(set) var values: [Double]

  init(quantile: Double, horizons: Int) {
    self.quantile = quantile
    values = Array(repeating: 0, count: horizons)
  }

  /// Steps up after a forecast that was too low, and a little down after one that was not; within half
  /// of the tail.
  mutating func learn(_ horizon: Int, isAbove: Bool) {
    let step = Tuning.correction * ((isAbove ? 1 : 0) - (1 - quantile))
    values[horizon] = (values[horizon] + step).clamped(to: 0.5 * (1 - quantile))
  }

  /// The quantile to ask the residual counts for.
  func quantile(_ horizon: Int) -> Double { quantile + values[horizon] }
}

extension ConformalCorrection: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&values)
  }
}
