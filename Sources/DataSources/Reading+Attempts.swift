internal import Scaling
internal import Time

extension Reading {
  /// A query was answered with this value.
  ///
  /// A clock that is ahead of ours dates an evaluation too late, and a slow query is answered long after
  /// it: a value must not seem to follow evidence that was read later.
  ///
  /// - Parameters:
  ///   - evaluatedAt: by the server's clock; nil when it does not say.
  ///   - asked: when the request was sent.
  mutating func attemptSucceeded(sample: Double, evaluatedAt: Instant?, asked: Instant) {
    value = .sample(sample)
    obtainedAt = min(evaluatedAt ?? asked, asked)
    staleSince = nil
    failure = nil
  }

  /// A forecaster answered with this snapshot.
  ///
  /// Replicas of a forecaster may be out of step. A snapshot that is older than the one held does
  /// not replace it, so that the answer does not jump back and forth; unless the one held claims to
  /// be from the future, which a clock that was wrong explains and which would otherwise stay for
  /// good.
  mutating func attemptSucceeded(
    forecast: ForecastSeries, isStale: Bool, at now: Instant
  ) {
    failure = nil
    if case .forecast(let held) = value, forecast.generatedAt < held.generatedAt,
      held.generatedAt <= now.advanced(by: Self.clockTolerance)
    {
      return
    }
    if !isStale {
      staleSince = nil
    } else if staleSince == nil || generatedAt != forecast.generatedAt {
      staleSince = now
    }
    value = .forecast(forecast)
    obtainedAt = now
  }

  /// An attempt brought no whole answer: the last value stays, and the first in a row tells since
  /// when.
  mutating func attemptFailed(
    _ message: String, kind: Failure.Kind = .lost, at now: Instant
  ) {
    failure = Failure(since: failure?.since ?? now, message: message, kind: kind)
  }

  /// How far the clocks of two machines may differ.
  private static let clockTolerance = Duration.seconds(60)

  /// Moves the times that our own clock gave.
  mutating func shift(by step: Duration) {
    obtainedAt = obtainedAt?.advanced(by: step)
    staleSince = staleSince?.advanced(by: step)
    failure?.since.advance(by: step)
  }

  private var generatedAt: Instant? {
    guard case .forecast(let series) = value else { return nil }
    return series.generatedAt
  }
}
