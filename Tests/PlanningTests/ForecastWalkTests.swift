internal import Forecasting
internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct ForecastWalkTests {
  private func history(_ samples: [(minute: Int, value: Double)]) throws -> LoadHistory {
    try LoadHistory(
      samples: samples.map {
        LoadHistory.Sample(at: Instant(milliseconds: Int64($0.minute) * 60_000), value: $0.value)
      })
  }

  private func parameters(_ quantiles: [Double]) throws -> [ForecastParameters] {
    try quantiles.map {
      try #require(
        ForecastParameters(
          step: .seconds(900), leadTime: .seconds(1800), threshold: 10, quantile: $0))
    }
  }

  @Test func `A bucket is its highest sample, or missing`() throws {
    let buckets = try LoadBuckets(
      try history([(4, 1), (6, 3), (9, 2), (10, 5), (22, 0), (24, 7)]), step: .seconds(300))
    #expect(buckets.first == 0)
    #expect(buckets.values == [1, 3, 5, nil, 7])
    #expect(buckets.end == 5)
    #expect(buckets.start(of: 2) == Instant(milliseconds: 600_000))
  }

  @Test func `Samples that are farther apart than buckets are held, and gaps are not`() throws {
    let buckets = try LoadBuckets(
      try history([(0, 1), (30, 2), (60, 3), (150, 4)]), step: .seconds(900))
    #expect(buckets.values == [1, 1, 2, 2, 3, 3, nil, nil, nil, nil, 4, 4])
  }

  @Test func `Values that were fetched stand for one bucket each, up to the end`() throws {
    let buckets = try LoadBuckets(
      fetched: try history([(0, 1), (30, 2), (60, 3), (90, 4)]), step: .seconds(900),
      until: Instant(milliseconds: 150 * 60_000))
    #expect(buckets.values == [1, nil, 2, nil, 3, nil, 4, nil, nil, nil])
  }

  @Test func `A load before 1970 has buckets, too`() throws {
    let buckets = try LoadBuckets(try history([(-7, 1), (-2, 2)]), step: .seconds(300))
    #expect(buckets.first == -2)
    #expect(buckets.values == [1, 2])
  }

  @Test func `A load that is too long for its buckets is refused`() throws {
    let long = try history([(0, 1), (1, 1), (6_000_000, 1)])
    #expect(throws: InvalidHistory.self) { try LoadBuckets(long, step: .seconds(60)) }
  }

  @Test func `A walk knows before each bucket what a server knew`() throws {
    let history = try LoadHistory.own("bursty.csv")
    let buckets = try LoadBuckets(history, step: .seconds(900))
    let parameters = try parameters([0.5, 0.95])
    var walk = ForecastWalk(buckets, parameters, clock: LocalClock())
    var visits: [Int: [LoadForecast]] = [:]
    walk.run(visit: { visits[$0] = $1 })
    #expect(visits[0] == nil && visits[1] == nil)
    #expect(visits.count > buckets.values.count - 10)
    // Of its own: without what came later.
    for index in [2, 10, 200, buckets.values.count - 1] {
      for (place, parameters) in parameters.enumerated() {
        var forecaster = LoadForecaster(parameters, clock: LocalClock(), firstBucket: buckets.first)
        for value in buckets.values.prefix(index) { forecaster.observe(value) }
        #expect(visits[index]?[place] == forecaster.forecast())
      }
    }
    #expect(walk.forecasters.allSatisfy { $0.nextBucket == buckets.end })
  }

  @Test func `The lines of a walk have a group of columns for each quantile`() throws {
    let parameters = try parameters([0.5, 0.925])
    #expect(
      ForecastWalk.csvHeading(parameters)
        == "bucket,index,q50_0,q50_1,q50_2,q50_3,q50_4,q92.5_0,q92.5_1,q92.5_2,q92.5_3,q92.5_4")
    let buckets = try LoadBuckets(
      try history((0..<4).map { ($0 * 15, 20) }), step: .seconds(900))
    var walk = ForecastWalk(buckets, parameters, clock: LocalClock())
    var lines: [String] = []
    walk.run(visit: { lines.append(ForecastWalk.csvLine($0, $1)) })
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("2,2,"))
    #expect(lines[0].split(separator: ",").count == 12)
  }

  @Test(arguments: [
    (0.0, 0), (1.99, 0), (2, 1), (10, 1), (10.01, 2), (1e300, Int(Int32.max)),
  ])
  func `A load below a fifth of a replica asks for none`(load: Double, replicas: Int) {
    #expect(ForecastWalk.replicas(for: load, threshold: 10) == replicas)
  }

  @Test func `An outlook has a line for each bucket, and says how far to trust it`() throws {
    let buckets = try LoadBuckets(
      try LoadHistory.own("smooth.csv"), step: .seconds(900))
    var walk = ForecastWalk(buckets, try parameters([0.9, 0.95]), clock: LocalClock())
    #expect(ForecastOutlook(walk) == nil)
    walk.run()
    let outlook = try #require(ForecastOutlook(walk))
    #expect(outlook.table.count == 6)
    #expect(outlook.table[0].contains("at most with 95 %"))
    #expect(outlook.judgements.count == 2)
    #expect(outlook.judgements[0].hasPrefix("With 90 %: kept "))
    #expect(outlook.learnt.hasPrefix("Learnt \(buckets.values.count) buckets of 15m from "))
    #expect(outlook.start == buckets.start(of: buckets.end))
    #expect(outlook.start.duration(to: outlook.end) == .seconds(5 * 900))
    #expect(outlook.past.steps.first?.start == outlook.chartStart)
  }

  @Test(arguments: [
    (30, "the last 30 h"), (3 * 24, "the last 3 days"), (20 * 24, "the last 7 days"),
  ])
  func `A forecast says of how much it was judged`(hours: Int, words: String) throws {
    let buckets = try LoadBuckets(
      try history((0..<hours * 4).map { ($0 * 15, Double(20 + $0 % 7)) }), step: .seconds(900))
    var walk = ForecastWalk(buckets, try parameters([0.9]), clock: LocalClock())
    walk.run()
    let judgement = try #require(ForecastOutlook(walk)).judgements[0]
    #expect(judgement.contains(words), "\(judgement)")
  }
}
