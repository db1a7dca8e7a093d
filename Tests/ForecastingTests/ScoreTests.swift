internal import Testing

@testable internal import Forecasting

/// The same scores as the reference's (forecast specification, tests 2 and 3).
@Suite(.enabled(if: LoadFixture.areThere, "the load histories are not beside the repository"))
struct ScoreTests {
  /// Percent, but for the quantile and what was delivered.
  struct Expected: Sendable {
    let fixture: LoadFixture
    let quantile: Double
    let delivered: Double
    let compass: (short: Double, excess: Double)
    let asRun: (short: Double, hours: Double)

    init(
      _ fixture: LoadFixture, _ quantile: Double, delivered: Double,
      compass: (short: Double, excess: Double), asRun: (short: Double, hours: Double)
    ) {
      self.fixture = fixture
      self.quantile = quantile
      self.delivered = delivered
      self.compass = compass
      self.asRun = asRun
    }
  }

  static let expected = [
    Expected(
      .taxi, 0.5, delivered: 0.4991, compass: (32.92, 3.4), asRun: (18.11, 3.8)),
    Expected(
      .taxi, 0.8, delivered: 0.8017, compass: (10.76, 7.7), asRun: (6.75, 5.8)),
    Expected(
      .taxi, 0.9, delivered: 0.9012, compass: (4.82, 10.8), asRun: (2.93, 7.3)),
    Expected(
      .taxi, 0.95, delivered: 0.9506, compass: (2.54, 14.2), asRun: (1.51, 8.6)),
    Expected(
      .taxi, 0.99, delivered: 0.9889, compass: (0.61, 23.9), asRun: (0.33, 12.5)),
    Expected(
      .amzn, 0.5, delivered: 0.4984, compass: (34.46, 12.9), asRun: (23.67, 13.4)),
    Expected(
      .amzn, 0.9, delivered: 0.8994, compass: (6.46, 46.4), asRun: (5.18, 39.5)),
    Expected(
      .amzn, 0.95, delivered: 0.9492, compass: (3.17, 63.3), asRun: (2.63, 54.5)),
    Expected(
      .elb, 0.5, delivered: 0.4936, compass: (42.69, 55.0), asRun: (28.72, 43.8)),
    Expected(
      .elb, 0.9, delivered: 0.8985, compass: (8.46, 247.7), asRun: (7.19, 127.2)),
    Expected(
      .elb, 0.95, delivered: 0.9501, compass: (3.98, 340.1), asRun: (2.81, 186.0)),
  ]

  @Test(arguments: expected)
  func `Scores are the reference's`(_ expected: Expected) throws {
    let scores = try Scores(expected.fixture, quantile: expected.quantile)
    #expect(abs(scores.delivered - expected.delivered) <= 0.003)
    let compass = scores.compass
    #expect(abs(compass.short * 100 - expected.compass.short) <= 0.2)
    // The table has one decimal.
    #expect(
      abs(compass.excess * 100 - expected.compass.excess) <= 0.01 * expected.compass.excess + 0.05)
    let asRun = scores.asRun
    #expect(abs(asRun.short * 100 - expected.asRun.short) <= 0.2)
    #expect(abs(asRun.hours * 100 - expected.asRun.hours) <= 0.01 * expected.asRun.hours + 0.05)
  }

  /// The HPA alone, with which they are compared.
  @Test(arguments: [
    (LoadFixture.taxi, 38.67, -0.0), (.amzn, 29.97, 10.9), (.elb, 35.63, 35.7),
  ])
  func `The HPA alone is scored as by the reference`(
    _ fixture: LoadFixture, short: Double, hours: Double
  ) throws {
    let alone = try Scores(fixture, quantile: 0.5).autoscaler
    #expect(abs(alone.short * 100 - short) <= 0.01)
    #expect(abs(alone.hours * 100 - hours) <= 0.06)
  }

  @Test(arguments: LoadFixture.all, [0.5, 0.8, 0.9, 0.95, 0.99])
  func `What a quantile promises is delivered`(_ fixture: LoadFixture, quantile: Double) throws {
    #expect(abs(try Scores(fixture, quantile: quantile).delivered - quantile) <= 0.02)
  }
}
