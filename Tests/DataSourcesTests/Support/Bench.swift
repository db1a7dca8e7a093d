internal import HTTPClient
internal import Scaling
internal import Time

@testable internal import DataSources

/// A schedule with a clock that the test moves.
struct Bench {
  var schedule = RefreshSchedule(jitter: JitterSource(seed: 7))
  var now = Duration.zero

  static let key = DataSourceKey(kind: .prometheus, name: ResourceName(name: "main"))
  static let other = DataSourceKey(kind: .prometheus, name: ResourceName(name: "other"))

  static func feed(_ number: Int, at key: DataSourceKey = Bench.key) -> Feed {
    .query(source: key.name, promQL: "query_\(number)", onEmpty: .error)
  }

  /// With a source that is defined, and feeds of it that have not been fetched.
  init(feeds: Int = 0, refresh: Duration = .seconds(15)) {
    schedule.sourceDefined(Self.key, refresh: refresh, now: now)
    retain(feeds)
  }

  mutating func retain(_ count: Int, at key: DataSourceKey = Bench.key) {
    for number in 0..<count { schedule.feedRetained(Self.feed(number, at: key), now: now) }
  }

  /// All that is to be done at this time.
  mutating func orders() -> [RefreshSchedule.Order] {
    var orders: [RefreshSchedule.Order] = []
    while let turn = schedule.nextTurn(now: now), turn <= now {
      orders += schedule.timeArrived(now: now)
    }
    return orders
  }

  mutating func fetches() -> [FetchTarget] {
    orders().compactMap {
      guard case .fetch(let target) = $0 else { return nil }
      return target
    }
  }

  /// Moves to the next time at which something is due.
  mutating func advance() -> [RefreshSchedule.Order] {
    now = schedule.nextTurn(now: now) ?? now
    return orders()
  }

  /// Fetches everything that is due now, with success.
  mutating func settle() {
    while true {
      let fetches = fetches()
      guard !fetches.isEmpty else { return }
      for target in fetches { _ = schedule.fetchSucceeded(target, now: now) }
    }
  }

  /// Lets every fetch fail at its end until a time, and notes when fetches begin.
  ///
  /// - Parameter lasting: How long each takes.
  mutating func failing(
    for period: Duration, lasting: Duration, retryAfter: Duration? = nil
  ) -> [Duration] {
    var starts: [Duration] = []
    var ends: [(time: Duration, target: FetchTarget)] = []
    let limit = now + period
    while now < limit {
      for target in fetches() {
        starts.append(now)
        ends.append((now + lasting, target))
      }
      let next = [schedule.nextTurn(now: now), ends.first?.time].compactMap(\.self).min() ?? limit
      now = max(now, next)
      while let end = ends.first, end.time <= now {
        ends.removeFirst()
        _ = schedule.fetchFailed(
          end.target, concernsSource: true, retryAfter: retryAfter, now: now)
      }
    }
    return starts
  }
}
