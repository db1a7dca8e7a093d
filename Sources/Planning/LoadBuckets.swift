internal import Scaling
package import Time

/// A measured load as the forecaster learns it: the highest sample of each bucket.
///
/// Bucket n is the time [n·step, (n + 1)·step) since the epoch.
package struct LoadBuckets: Hashable, Sendable {
  package let step: Duration
  package let first: Int
  /// Nil is a bucket without a sample.
  package let values: [Double?]

  /// The bucket after the last one.
  package var end: Int { first + values.count }

  /// When a bucket begins.
  package func start(of bucket: Int) -> Instant {
    Instant(milliseconds: Int64(bucket) * step.milliseconds)
  }

  /// A sample stands for the step of the history where that is longer than a bucket.
  ///
  /// - Parameter step: whole seconds, above 0.
  /// - Throws: `InvalidHistory` for one that is too long for the step.
  package init(_ history: LoadHistory, step: Duration) throws(InvalidHistory) {
    try self.init(history, step: step, held: history.step, until: history.start)
  }

  /// Values that were fetched one for each bucket: one that is not there is missing.
  ///
  /// - Parameters:
  ///   - step: whole seconds, above 0.
  ///   - until: the end of what was asked for.
  /// - Throws: `InvalidHistory` for one that is too long for the step.
  package init(
    fetched history: LoadHistory, step: Duration, until: Instant
  ) throws(InvalidHistory) {
    try self.init(history, step: step, held: step, until: until)
  }

  private init(
    _ history: LoadHistory, step: Duration, held: Duration, until: Instant
  ) throws(InvalidHistory) {
    let length = max(step.milliseconds, 1)
    func bucket(_ instant: Instant) -> Int {
      let (quotient, rest) = instant.milliseconds.quotientAndRemainder(dividingBy: length)
      return Int(rest < 0 ? quotient - 1 : quotient)
    }
    let first = bucket(history.start)
    let held = max(Int(held.milliseconds / length), 1)
    let last = bucket(history.samples[history.samples.count - 1].at) + held
    let count = max(last, bucket(until)) - first
    guard count <= Self.most else {
      throw InvalidHistory(
        "a load of \(count) buckets of \(step.text) is too long: at most \(Self.most) are possible")
    }
    var values = [Double?](repeating: nil, count: count)
    for sample in history.samples {
      let start = bucket(sample.at) - first
      for index in start..<min(start + held, count) {
        values[index] = max(values[index] ?? 0, sample.value)
      }
    }
    self.step = step
    self.first = first
    self.values = values
  }

  /// The highest load of each bucket that is over before the end of a load.
  ///
  /// - Parameter step: whole seconds, above 0.
  /// - Throws: `InvalidHistory` for a load that is too long for the step.
  package init(
    _ load: StepSeries, from: Instant, to: Instant, step: Duration
  ) throws(InvalidHistory) {
    let length = Double(max(step.milliseconds, 1))
    let first = Int((Double(from.milliseconds) / length).rounded(.down))
    let count = max(Int((Double(to.milliseconds) / length).rounded(.down)) - first, 0)
    guard count <= Self.most else {
      throw InvalidHistory(
        "a load of \(count) buckets of \(step.text) is too long: at most \(Self.most) are possible")
    }
    self.step = step
    self.first = first
    values = (0..<count).map { index in
      let start = Instant(milliseconds: Int64(first + index) * step.milliseconds)
      return load.maximum(from: start, to: start.advanced(by: step))
    }
  }

  /// Nearly ten years by the minute.
  private static let most = 5_000_000
}
