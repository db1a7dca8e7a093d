package import Scaling
package import Time

extension LoadHistory {
  /// What a load repeats after.
  package enum Season: String, Hashable, Sendable, CaseIterable {
    case previousDay = "previous-day"
    case previousWeek = "previous-week"

    package var length: Duration {
      switch self {
      case .previousDay: .seconds(86_400)
      case .previousWeek: .seconds(7 * 86_400)
      }
    }
  }

  /// The load of [from, to): as measured, and after the end of the history as a week before, or as
  /// many weeks before as it takes to be within it.
  package func projected(from: Instant, to: Instant) -> StepSeries {
    let week = Season.previousWeek.length
    var projected = StepSeries()
    var at = from
    while at < to {
      let past = at < end ? 0 : end.duration(to: at).milliseconds / week.milliseconds + 1
      let shift = Duration.milliseconds(past * week.milliseconds)
      let until = min(to, end.advanced(by: shift))
      projected.append(series.value(at: at.advanced(by: .zero - shift)), at: at)
      var source = at.advanced(by: .zero - shift)
      while let next = series.nextStart(after: source), next.advanced(by: shift) < until {
        projected.append(series.value(at: next), at: next.advanced(by: shift))
        source = next
      }
      at = until
    }
    return projected
  }

  /// The forecast of somebody who knows no better than that it will be as it was one season ago.
  ///
  /// It begins one season after the history does. Where the load was not known then, it says what
  /// it was last.
  ///
  /// - Parameter perReplica: How much load one replica carries.
  /// - Throws: `InvalidHistory` for one that is too long for its step.
  package func forecast(
    from season: Season, perReplica: Double
  ) throws(InvalidHistory) -> ForecastSeries {
    let length = start.duration(to: end).milliseconds
    let count = length / max(step.milliseconds, 1)
    guard count <= Self.mostForecastSteps else {
      throw InvalidHistory(
        "a forecast of \(count) steps of \(step.text) is too long: at most"
          + " \(Self.mostForecastSteps) are possible")
    }
    var replicas: [Int] = []
    replicas.reserveCapacity(Int(count))
    for index in 0..<max(count, 1) {
      let from = start.advanced(by: .milliseconds(index * step.milliseconds))
      let highest = series.maximum(from: from, to: from.advanced(by: step))
      let needed = highest.map { DemandTrack.needed(for: $0, perReplica: perReplica) }
      replicas.append(needed ?? replicas.last ?? 0)
    }
    return ForecastSeries(
      generatedAt: start.advanced(by: season.length), step: step, replicas: replicas)
  }

  /// Nearly ten years by the minute.
  private static let mostForecastSteps: Int64 = 5_000_000
}
