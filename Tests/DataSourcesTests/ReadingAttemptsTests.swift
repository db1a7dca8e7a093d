internal import Scaling
internal import Testing
internal import Time

@testable internal import DataSources

@Suite struct ReadingAttemptsTests {
  private func time(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }

  private func series(at seconds: Int64, _ replicas: Int = 1) -> ForecastSeries {
    ForecastSeries(generatedAt: time(seconds), step: .seconds(60), replicas: [replicas])
  }

  @Test func `a success replaces the value and ends the failure`() {
    var reading = Reading()
    reading.attemptFailed("first", at: time(1))
    reading.attemptSucceeded(sample: 5, evaluatedAt: nil, asked: time(2))
    #expect(reading == Reading(value: .sample(5), obtainedAt: time(2)))
  }

  /// By a cache, by the moment, and by a clock that is ahead.
  @Test(arguments: [(1, 1), (5, 5), (60, 5)] as [(Int64, Int64)])
  func `a value is no younger than the request for it`(evaluated: Int64, obtained: Int64) {
    var reading = Reading()
    reading.attemptSucceeded(sample: 5, evaluatedAt: time(evaluated), asked: time(5))
    #expect(reading.obtainedAt == time(obtained))
  }

  @Test func `a failure keeps the value, and the time of the first in a row`() {
    var reading = Reading(value: .sample(5), obtainedAt: time(1))
    reading.attemptFailed("first", at: time(2))
    reading.attemptFailed("second", at: time(3))
    #expect(reading.value == .sample(5))
    #expect(reading.obtainedAt == time(1))
    #expect(reading.failure == Reading.Failure(since: time(2), message: "second"))
  }

  @Test func `a snapshot is stale since the forecaster first said so of it`() {
    var reading = Reading()
    reading.attemptSucceeded(forecast: series(at: 10), isStale: false, at: time(20))
    #expect(reading.staleSince == nil)
    reading.attemptSucceeded(forecast: series(at: 10), isStale: true, at: time(30))
    reading.attemptSucceeded(forecast: series(at: 10), isStale: true, at: time(40))
    #expect(reading.staleSince == time(30))
    #expect(reading.obtainedAt == time(40))
    reading.attemptSucceeded(forecast: series(at: 11), isStale: true, at: time(50))
    #expect(reading.staleSince == time(50))
    reading.attemptSucceeded(forecast: series(at: 12), isStale: false, at: time(60))
    #expect(reading.staleSince == nil)
  }

  @Test func `an older snapshot does not replace a newer one, but it is a success`() {
    var reading = Reading()
    reading.attemptSucceeded(forecast: series(at: 100, 7), isStale: false, at: time(110))
    reading.attemptFailed("down", at: time(115))
    reading.attemptSucceeded(forecast: series(at: 90, 3), isStale: true, at: time(120))
    #expect(
      reading == Reading(value: .forecast(series(at: 100, 7)), obtainedAt: time(110)))
    reading.attemptSucceeded(forecast: series(at: 100, 8), isStale: false, at: time(130))
    #expect(reading.value == .forecast(series(at: 100, 8)))
  }

  @Test(arguments: [(160, 7), (161, 3)])
  func `a snapshot from the future is replaced`(generated: Int64, expected: Int) {
    var reading = Reading()
    reading.attemptSucceeded(forecast: series(at: generated, 7), isStale: false, at: time(90))
    reading.attemptSucceeded(forecast: series(at: 95, 3), isStale: false, at: time(100))
    guard case .forecast(let held) = reading.value else {
      Issue.record("no forecast")
      return
    }
    #expect(held.replicas == [expected])
  }
}
