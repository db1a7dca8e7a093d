/// The forecasts whose buckets are not all known yet: of the last H origins, each with H horizons. The
/// newest one is the forecast in force.
struct PendingForecasts: Hashable, Sendable {
  private let horizons: Int
  private let features: Int
  /// Of each origin and horizon: features, centre ẑ, scale σ, quantile, median.
  private(set) var rows: [Float]
  /// The origin of each place, which is the first bucket that it forecasts; `.min` is none.
  private(set) var origins: [Int]
  /// By place, a bit for each horizon: idle even with 99 %.
  private(set) var idle: [UInt32]

  private var width: Int { features + 4 }

  init(_ grid: BucketGrid) {
    horizons = grid.horizons
    features = grid.features
    rows = Array(repeating: 0, count: grid.horizons * grid.horizons * (grid.features + 4))
    origins = Array(repeating: .min, count: grid.horizons)
    idle = Array(repeating: 0, count: grid.horizons)
  }

  private func start(_ origin: Int, _ horizon: Int) -> Int {
    (modulo(origin, horizons) * horizons + horizon) * width
  }

  func contains(origin: Int) -> Bool { origins[modulo(origin, horizons)] == origin }

  /// What was forecast, of an origin that it contains.
  struct Row {
    let center: Double
    let scale: Double
    let quantile: Double
    let median: Double
    /// Idle even with 99 %.
    let isIdle: Bool
  }

  func row(_ origin: Int, _ horizon: Int) -> Row {
    let start = start(origin, horizon) + features
    return Row(
      center: Double(rows[start]), scale: Double(rows[start + 1]),
      quantile: Double(rows[start + 2]), median: Double(rows[start + 3]),
      isIdle: idle[modulo(origin, horizons)] >> horizon & 1 == 1)
  }

  func features(_ origin: Int, _ horizon: Int) -> FeatureVector {
    let start = start(origin, horizon)
    var vector = FeatureVector(repeating: 0)
    for index in 0..<features { vector[index] = rows[start + index] }
    return vector
  }

  /// Makes room for a new origin, in the place of the oldest one.
  mutating func begin(origin: Int) {
    let place = modulo(origin, horizons)
    origins[place] = origin
    idle[place] = 0
  }

  mutating func write(_ origin: Int, _ horizon: Int, _ vector: FeatureVector, _ row: Row) {
    var start = start(origin, horizon)
    for index in 0..<features { rows[start + index] = vector[index] }
    start += features
    rows[start] = Float(row.center)
    rows[start + 1] = Float(row.scale)
    rows[start + 2] = Float(row.quantile)
    rows[start + 3] = Float(row.median)
    if row.isIdle { idle[modulo(origin, horizons)] |= 1 << UInt32(horizon) }
  }
}

extension PendingForecasts: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&rows)
    for place in origins.indices { coder.pass(&origins[place], in: .min ... .max) }
    coder.pass(&idle)
  }
}
