/// One discounted least-squares regression for each horizon, held at its prior by ridge.
///
/// In Double: with Float the loss of one history rises from 3.15 to 8.06 (forecast specification).
struct NormalEquations: Hashable, Sendable {
  /// Number of features.
  private let size: Int
  /// Packed lower triangle of each horizon's A = Σ w·x·xᵀ.
  private(set) var squares: [Double]
  /// b = Σ w·z·x of each horizon.
  private(set) var products: [Double]
  /// β of each horizon.
  private(set) var coefficients: [Double]

  private var triangle: Int { size * (size + 1) / 2 }

  init(_ grid: BucketGrid) {
    size = grid.features
    squares = Array(repeating: 0, count: grid.horizons * size * (size + 1) / 2)
    products = Array(repeating: 0, count: grid.horizons * size)
    coefficients = []
    coefficients.reserveCapacity(grid.horizons * size)
    for _ in 0..<grid.horizons {
      for index in 0..<size { coefficients.append(Features.prior(index)) }
    }
  }

  /// Discounts one horizon's equations and adds an observation.
  mutating func learn(
    _ horizon: Int, _ features: FeatureVector, _ z: Double, weight: Double, discount: Double
  ) {
    var next = horizon * triangle
    for row in 0..<size {
      let weighted = weight * Double(features[row])
      for column in 0...row {
        squares[next] = discount * squares[next] + weighted * Double(features[column])
        next += 1
      }
      let place = horizon * size + row
      products[place] = discount * products[place] + weighted * z
    }
  }

  /// β := (A + ridge·I)⁻¹(b + ridge·β₀) of each horizon, by Cholesky.
  mutating func solve() {
    for horizon in 0..<(products.count / size) { solve(horizon) }
  }

  private mutating func solve(_ horizon: Int) {
    // Room for the 14 features that there are at most.
    var factor = InlineArray<105, Double>(repeating: 0)
    var solution = InlineArray<14, Double>(repeating: 0)
    let start = horizon * triangle
    var rowStart = 0
    for row in 0..<size {
      var columnStart = 0
      var right = products[horizon * size + row] + Tuning.ridge * Features.prior(row)
      for column in 0...row {
        var sum = squares[start + rowStart + column]
        if column == row { sum += Tuning.ridge }
        for index in 0..<column { sum -= factor[rowStart + index] * factor[columnStart + index] }
        if column == row {
          // Ridge keeps it above 0; rounding of enormous loads must not make it less.
          factor[rowStart + row] = max(sum, 1e-12).squareRoot()
        } else {
          factor[rowStart + column] = sum / factor[columnStart + column]
          right -= factor[rowStart + column] * solution[column]
        }
        columnStart += column + 1
      }
      solution[row] = right / factor[rowStart + row]
      rowStart += row + 1
    }
    for row in stride(from: size - 1, through: 0, by: -1) {
      rowStart -= row + 1
      solution[row] /= factor[rowStart + row]
      for column in 0..<row { solution[column] -= factor[rowStart + column] * solution[row] }
    }
    let place = horizon * size
    for row in 0..<size { coefficients[place + row] = solution[row] }
  }

  /// β·x.
  func prediction(_ horizon: Int, _ features: FeatureVector) -> Double {
    let coefficients = coefficients.span
    var sum = 0.0
    for index in 0..<size { sum += coefficients[horizon * size + index] * Double(features[index]) }
    return sum
  }
}

extension NormalEquations: StateCoded {
  mutating func pass(_ coder: inout StateCoder) {
    coder.pass(&squares)
    coder.pass(&products)
    coder.pass(&coefficients)
  }
}
