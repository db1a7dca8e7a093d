internal import Foundation
internal import TestKit
internal import Testing

@testable internal import Forecasting

/// Rows of a CSV file without quotes, below its header.
struct FixtureTable {
  let rows: [[String]]

  /// Nil where the file is not there.
  init?(_ url: URL) {
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
    rows = text.split(whereSeparator: \.isNewline).dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }
}

extension SeededGenerator {
  /// Uniform in 0..<1.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Normal with mean 0 and deviation 1.
  mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }

  /// Poisson, for means that are not too large.
  mutating func poisson(_ mean: Double) -> Double {
    // In parts, so that exp does not vanish.
    var left = mean
    var count = 0.0
    while left > 0 {
      let part = min(left, 30)
      left -= part
      var product = uniform()
      while product > exp(-part) {
        product *= uniform()
        count += 1
      }
    }
    return count
  }
}

/// How far a forecast is from the one that was expected: of the value and 1 % of the threshold.
func difference(_ found: Double, _ expected: Double, threshold: Double) -> Double {
  abs(found - expected) / (abs(expected) + 0.01 * threshold)
}

extension ForecastParameters {
  /// With horizons up to the lead time alone, as the reference has them.
  static func reference(
    step: Int, leadTime: Int, threshold: Double, quantile: Double = 0.95,
    ignoresOutages: Bool = true
  ) throws -> ForecastParameters {
    try #require(
      ForecastParameters(
        step: .seconds(step), leadTime: .seconds(leadTime), threshold: threshold,
        quantile: quantile, ignoresOutages: ignoresOutages, extraHorizons: 0))
  }
}
