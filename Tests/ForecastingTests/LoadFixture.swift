internal import Foundation
internal import TestKit
internal import Testing

@testable internal import Forecasting

/// A load history that lies beside the repository, and how the reference was scored on it.
struct LoadFixture: Sendable, CustomTestStringConvertible {
  let name: String
  let file: String
  /// In seconds.
  let step: Int
  let leadTime: Int
  /// The load that one replica carries.
  let threshold: Double
  /// What both protocols leave out at the beginning, in days.
  let window: Int
  /// What `walks` keeps.
  private let cache = Cache()

  static let taxi = LoadFixture(
    name: "taxi", file: "nyc_taxi.csv", step: 1800, leadTime: 7200, threshold: 500, window: 14)
  static let amzn = LoadFixture(
    name: "amzn", file: "twitter_volume_amzn.csv", step: 300, leadTime: 1800, threshold: 10,
    window: 3)
  static let elb = LoadFixture(
    name: "elb", file: "elb_request_count_8c0756.csv", step: 300, leadTime: 1800, threshold: 20,
    window: 3)
  static let all = [taxi, amzn, elb]

  /// The histories may not be copied into the repository: without them these tests are skipped.
  static let areThere = all.allSatisfy {
    FileManager.default.fileExists(atPath: $0.url.path)
      && FileManager.default.fileExists(atPath: $0.expectedURL.path)
  }

  private var url: URL { FixtureFiles.shared("fixtures/load/\(file)") }
  private var expectedURL: URL { FixtureFiles.shared("forecast/expected/\(name).csv") }

  var testDescription: String { name }
  var horizons: Int { leadTime / step }
  /// Buckets of the window.
  var warmUp: Int { window * 86_400 / step }

  /// The expected forecasts at quantile 0.95, each with the number of buckets before it.
  func expected() throws -> [(index: Int, loads: [Double])] {
    try #require(FixtureTable(expectedURL)).rows.map { row in
      (try #require(Int(row[1])), try row.dropFirst(2).map { try #require(Double($0)) })
    }
  }

  /// The first bucket, and the value of each; nil is missing.
  func load() throws -> (first: Int, values: [Double?]) {
    let rows = try #require(FixtureTable(url)).rows
    let form = ISO8601DateFormatter()
    form.formatOptions = [.withFullDate, .withTime, .withSpaceBetweenDateAndTime]
    form.formatOptions.insert(.withColonSeparatorInTime)
    var samples: [(bucket: Int, value: Double)] = []
    for row in rows {
      let at = try #require(form.date(from: row[0]))
      samples.append((Int(at.timeIntervalSince1970) / step, try #require(Double(row[1]))))
    }
    let first = try #require(samples.first).bucket
    let last = try #require(samples.last).bucket
    var values = [Double?](repeating: nil, count: last - first + 1)
    for sample in samples { values[sample.bucket - first] = sample.value }
    return (first, values)
  }

  /// The forecast before each bucket of the history, as the reference walks it.
  func walk(quantile: Double) throws -> Walk {
    try cache.walk(quantile) {
      let (first, values) = try load()
      var forecaster = LoadForecaster(
        try .reference(step: step, leadTime: leadTime, threshold: threshold, quantile: quantile),
        clock: LocalClock(), firstBucket: first)
      var forecasts: [[Double]?] = []
      for value in values {
        forecasts.append(forecaster.forecast()?.loads)
        forecaster.observe(value)
      }
      return Walk(values: values, forecasts: forecasts)
    }
  }

  struct Walk: Sendable {
    let values: [Double?]
    /// By the number of buckets before it.
    let forecasts: [[Double]?]
  }

  /// Several tests look at the same walk.
  private final class Cache: @unchecked Sendable {
    // Only touched under the lock.
    private var walks: [Double: Walk] = [:]
    private let lock = NSLock()

    func walk(_ quantile: Double, _ make: () throws -> Walk) throws -> Walk {
      try lock.withLock {
        if let walk = walks[quantile] { return walk }
        let walk = try make()
        walks[quantile] = walk
        return walk
      }
    }
  }
}
