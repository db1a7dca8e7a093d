internal import Glibc

/// The highest z of each of the last eight days in UTC.
struct PeakLoads: Hashable, Sendable {
  static let days = 8

  /// -1 is a day without a value.
  private(set) var values = [Float](repeating: -1, count: days)
  private(set) var today = -1

  mutating func learn(_ z: Double, bucket: Int, _ grid: BucketGrid) {
    let day = modulo(bucket - modulo(bucket, grid.day), grid.day * Self.days) / grid.day
    if day != today {
      values[day] = -1
      today = day
    }
    values[day] = max(values[day], Float(z))
  }

  /// The largest z that is forecast: twice the highest load.
  var limit: Double {
    var highest: Float = 0
    for value in values { highest = max(highest, value) }
    return log1p(Tuning.guardFactor * expm1(Double(highest)))
  }
}

extension PeakLoads: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&values, in: -1...Float(Tuning.largestZ))
    coder.pass(&today, in: -1...Self.days - 1)
  }
}
