internal import HTTPClient
internal import Scaling
internal import Testing

@testable internal import DataSources

/// A schedule with a clock that the test moves.
private struct Bench {
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
}

@Suite struct RefreshScheduleTests {
  @Test func `fetches a feed at once, then at its refresh interval`() throws {
    var bench = Bench(feeds: 1)
    #expect(bench.orders() == [.fetch(.feed(Bench.feed(0)))])
    _ = bench.schedule.fetchSucceeded(.feed(Bench.feed(0)), now: bench.now)
    var last = bench.now
    for round in 0..<50 {
      #expect(bench.advance() == [.fetch(.feed(Bench.feed(0)))])
      let wait = bench.now - last
      if round > 0 { #expect(wait >= .seconds(13.5) && wait <= .seconds(16.5), "\(wait)") }
      last = bench.now
      bench.now += .milliseconds(50)
      _ = bench.schedule.fetchSucceeded(.feed(Bench.feed(0)), now: bench.now)
    }
  }

  @Test func `a feed that many want is fetched once, until the last lets go`() {
    var bench = Bench()
    _ = bench.orders()
    for _ in 0..<3 { bench.schedule.feedRetained(Bench.feed(0), now: bench.now) }
    #expect(bench.fetches() == [.feed(Bench.feed(0))])
    _ = bench.schedule.fetchSucceeded(.feed(Bench.feed(0)), now: bench.now)
    bench.schedule.feedReleased(Bench.feed(0))
    bench.schedule.feedReleased(Bench.feed(0))
    #expect(bench.orders().isEmpty)
    bench.schedule.feedReleased(Bench.feed(0))
    #expect(bench.orders() == [.forget(.feed(Bench.feed(0)))])
    #expect(bench.schedule.feeds(of: Bench.key) == 0)
    bench.schedule.feedReleased(Bench.feed(0))
    #expect(bench.orders().isEmpty)
  }

  @Test func `a feed that is released and retained in one go is not fetched anew`() {
    var bench = Bench(feeds: 1)
    bench.settle()
    bench.schedule.feedReleased(Bench.feed(0))
    bench.schedule.feedRetained(Bench.feed(0), now: bench.now)
    #expect(bench.orders().isEmpty)
    #expect(bench.schedule.feeds(of: Bench.key) == 1)
  }

  @Test func `a feed that is released during its fetch frees its place`() {
    var bench = Bench(feeds: RefreshSource.maximumInFlight + 1)
    #expect(bench.fetches().count == RefreshSource.maximumInFlight)
    bench.schedule.feedReleased(Bench.feed(0))
    #expect(
      bench.orders() == [
        .forget(.feed(Bench.feed(0))), .fetch(.feed(Bench.feed(RefreshSource.maximumInFlight))),
      ])
    _ = bench.schedule.fetchSucceeded(.feed(Bench.feed(0)), now: bench.now)
    #expect(bench.schedule.inFlight(at: Bench.key) == RefreshSource.maximumInFlight)
  }

  @Test func `10,000 feeds start in order, and never too many at a time`() {
    var bench = Bench(feeds: 10_000)
    var seen: [FetchTarget] = []
    while case let fetches = bench.fetches(), !fetches.isEmpty {
      #expect(bench.schedule.inFlight(at: Bench.key) <= RefreshSource.maximumInFlight)
      seen += fetches
      bench.now += .milliseconds(1)
      for target in fetches { _ = bench.schedule.fetchSucceeded(target, now: bench.now) }
    }
    #expect(Set(seen).count == 10_000)
    #expect(bench.schedule.inFlight(at: Bench.key) == 0)
  }

  @Test func `a turn is bounded`() {
    var bench = Bench(feeds: 10_000)
    let turns = (0..<30).map { _ in bench.schedule.timeArrived(now: bench.now).count }
    #expect(turns.allSatisfy { $0 <= RefreshSchedule.feedsPerTurn + 1 })
    #expect(bench.schedule.nextTurn(now: bench.now) == bench.now)
  }

  @Test func `spreads many feeds evenly over the interval`() {
    var bench = Bench(feeds: 1500)
    bench.settle()
    var perSecond = [Int](repeating: 0, count: 60)
    while bench.now < .seconds(60) {
      for order in bench.advance() {
        guard case .fetch(let target) = order else { continue }
        perSecond[min(Int(bench.now.components.seconds), 59)] += 1
        _ = bench.schedule.fetchSucceeded(target, now: bench.now)
      }
    }
    // 100 a second, once each feed has found its place.
    #expect(perSecond[20..<59].allSatisfy { (60...150).contains($0) }, "\(perSecond)")
  }

  @Test func `sources do not wait for each other`() {
    var bench = Bench(feeds: 100)
    bench.schedule.sourceDefined(Bench.other, refresh: .seconds(15), now: bench.now)
    bench.retain(100, at: Bench.other)
    let fetches = bench.fetches()
    for key in [Bench.key, Bench.other] {
      #expect(fetches.count { $0.sourceKey == key } == RefreshSource.maximumInFlight)
    }
  }

  // MARK: Failures

  @Test func `waits longer after each failure, up to the ceiling`() {
    var bench = Bench(feeds: 1)
    _ = bench.orders()
    var waits: [Duration] = []
    for _ in 0..<6 {
      let start = bench.now
      _ = bench.schedule.fetchFailed(
        .feed(Bench.feed(0)), concernsSource: false, now: bench.now)
      #expect(bench.advance() == [.fetch(.feed(Bench.feed(0)))])
      waits.append(bench.now - start)
    }
    for (wait, expected) in zip(waits, [15, 30, 60, 60, 60, 60]) {
      #expect(wait <= .seconds(expected) && wait >= .seconds(expected) * 9 / 10, "\(waits)")
    }
  }

  @Test(arguments: [(1, 4), (5, 20), (15, 60), (30, 60), (60, 60), (300, 300)])
  func `the ceiling fits the refresh interval`(refresh: Int, ceiling: Int) {
    var pace = RefreshPace(jitter: JitterSource(seed: 1))
    for failures in [1, 2, 3, 10, 100, Int.max] {
      let wait = pace.backOff(failures: failures, refresh: .seconds(refresh))
      #expect(wait <= .seconds(ceiling))
      #expect(wait >= .seconds(refresh) * 9 / 10)
    }
    #expect(
      pace.backOff(failures: 100, refresh: .seconds(refresh)) >= .seconds(ceiling) * 9 / 10)
  }

  @Test func `the only feed's trouble is the source's at once`() {
    var bench = Bench(feeds: 1)
    _ = bench.orders()
    let target = FetchTarget.feed(Bench.feed(0))
    #expect(
      bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now) == .sourceWentDown)
    #expect(bench.schedule.health(of: Bench.key) == .failing)
    _ = bench.advance()
    #expect(bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now) == .none)
    _ = bench.advance()
    #expect(bench.schedule.fetchSucceeded(target, now: bench.now) == .recovered)
  }

  @Test func `one slow query among many does not make the source fail`() {
    var bench = Bench(feeds: 5)
    for _ in 0..<20 {
      for target in bench.fetches() {
        if target == .feed(Bench.feed(3)) {
          #expect(
            bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now) == .none)
        } else {
          _ = bench.schedule.fetchSucceeded(target, now: bench.now)
        }
      }
      bench.now = bench.schedule.nextTurn(now: bench.now) ?? bench.now
    }
    #expect(bench.schedule.health(of: Bench.key) != .failing)
  }

  @Test func `while a source fails few feeds are tried, and the others share its failure`() {
    var bench = Bench(feeds: 1000)
    let first = bench.fetches()
    for (index, target) in first.enumerated() {
      let order = bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now)
      #expect(order == (index == 2 ? .sourceWentDown : .none))
    }
    var failed: Set<FetchTarget> = Set(first)
    var tried: [FetchTarget] = []
    for order in bench.orders() {
      switch order {
      case .fetch(let target): tried.append(target)
      case .fail(let target, .sourceFailing): failed.insert(target)
      case .fail, .cancel, .forget: Issue.record("unexpected \(order)")
      }
    }
    #expect(tried.count == RefreshSource.maximumInFlightWhileFailing)
    #expect(failed.count + tried.count == 1000)
  }

  @Test func `when the source answers again all that failed with it are fetched soon`() {
    var bench = Bench(feeds: 100, refresh: .seconds(300))
    for target in bench.fetches() {
      _ = bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now)
    }
    let probes = bench.fetches()
    bench.now += .seconds(5)
    #expect(bench.schedule.fetchSucceeded(probes[0], now: bench.now) == .recovered)
    let recovery = bench.now
    var seen: Set<FetchTarget> = [probes[0]]
    while seen.count < 100, bench.now < .seconds(250) {
      for order in bench.advance() {
        guard case .fetch(let target) = order else { continue }
        seen.insert(target)
        _ = bench.schedule.fetchSucceeded(target, now: bench.now)
      }
      _ = bench.schedule.fetchSucceeded(probes[1], now: bench.now)
      seen.insert(probes[1])
    }
    #expect(seen.count == 100)
    #expect(bench.now - recovery <= .seconds(1))
  }

  @Test func `an answer of no use shows that the source is back, and spares other bad queries`() {
    var bench = Bench(feeds: 2)
    let targets = bench.fetches()
    _ = bench.schedule.fetchFailed(targets[0], concernsSource: false, now: bench.now)
    _ = bench.schedule.fetchFailed(targets[1], concernsSource: true, now: bench.now)
    _ = bench.advance()
    for target in targets {
      _ = bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now)
    }
    while bench.schedule.health(of: Bench.key) != .failing {
      for order in bench.advance() {
        guard case .fetch(let target) = order else { continue }
        _ = bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now)
      }
    }
    let target = bench.advance().compactMap { order -> FetchTarget? in
      guard case .fetch(let target) = order else { return nil }
      return target
    }.first
    #expect(
      target.map {
        bench.schedule.fetchFailed($0, concernsSource: false, now: bench.now)
      } == .sourceRecovered)
  }

  @Test func `a feed that waits for a whole interval has failed, and keeps its turn`() {
    var bench = Bench(feeds: RefreshSource.maximumInFlight + 1)
    let fetches = bench.fetches()
    let last = FetchTarget.feed(Bench.feed(RefreshSource.maximumInFlight))
    #expect(!fetches.contains(last))
    #expect(bench.advance() == [.fail(last, .sourceTooSlow)])
    #expect(bench.now == .seconds(15))
    _ = bench.schedule.fetchSucceeded(fetches[0], now: bench.now)
    #expect(bench.fetches().contains(last))
  }

  // MARK: Sources

  @Test func `a feed of an undefined source fails once, and is fetched when it is defined`() {
    var bench = Bench()
    _ = bench.orders()
    bench.schedule.feedRetained(Bench.feed(0, at: Bench.other), now: bench.now)
    let target = FetchTarget.feed(Bench.feed(0, at: Bench.other))
    #expect(bench.orders() == [.fail(target, .sourceNotDefined)])
    bench.now += .seconds(1)
    bench.schedule.sourceDefined(Bench.other, refresh: .seconds(1), now: bench.now)
    #expect(bench.fetches() == [target])
  }

  @Test func `a changed source drops its fetches and starts anew`() {
    var bench = Bench(feeds: 3)
    let fetches = bench.fetches()
    _ = bench.schedule.fetchFailed(fetches[0], concernsSource: true, now: bench.now)
    bench.schedule.sourceDefined(Bench.key, refresh: .seconds(5), now: bench.now)
    let orders = bench.orders()
    #expect(Set(orders.prefix(2)) == [.cancel(fetches[1]), .cancel(fetches[2])])
    #expect(Set(orders.dropFirst(2)) == Set(fetches.map { .fetch($0) }))
    #expect(bench.schedule.inFlight(at: Bench.key) == 3)
  }

  @Test func `a removed source drops its fetches, and its feeds fail`() {
    var bench = Bench(feeds: 2)
    let fetches = bench.fetches()
    bench.schedule.sourceRemoved(Bench.key, now: bench.now)
    let orders = bench.orders()
    #expect(Set(orders.prefix(2)) == Set(fetches.map { .cancel($0) }))
    #expect(Set(orders.dropFirst(2)) == Set(fetches.map { .fail($0, .sourceNotDefined) }))
    #expect(bench.schedule.nextTurn(now: bench.now) == nil)
    _ = bench.schedule.fetchSucceeded(fetches[0], now: bench.now)
    #expect(bench.schedule.nextTurn(now: bench.now) == nil)
  }

  @Test func `a source without feeds is probed, and no longer once it has one`() {
    var bench = Bench()
    let probe = FetchTarget.probe(Bench.key)
    #expect(bench.orders() == [.fetch(probe)])
    #expect(bench.schedule.feeds(of: Bench.key) == 0)
    _ = bench.schedule.fetchFailed(probe, concernsSource: true, now: bench.now)
    #expect(bench.schedule.health(of: Bench.key) == .failing)
    #expect(bench.advance() == [.fetch(probe)])
    bench.schedule.feedRetained(Bench.feed(0), now: bench.now)
    #expect(bench.orders() == [.cancel(probe), .fetch(.feed(Bench.feed(0)))])
    _ = bench.schedule.fetchSucceeded(.feed(Bench.feed(0)), now: bench.now)
    bench.schedule.feedReleased(Bench.feed(0))
    #expect(bench.orders() == [.forget(.feed(Bench.feed(0)))])
    #expect(bench.advance() == [.fetch(probe)])
  }

  @Test func `feeds that come and go leave nothing behind`() {
    var bench = Bench()
    for round in 0..<2000 {
      bench.schedule.feedRetained(Bench.feed(round), now: bench.now)
      bench.schedule.feedRetained(Bench.feed(0, at: Bench.other), now: bench.now)
      _ = bench.orders()
      bench.schedule.feedReleased(Bench.feed(round))
      bench.schedule.feedReleased(Bench.feed(0, at: Bench.other))
      _ = bench.orders()
      bench.now += .milliseconds(1)
    }
    #expect(bench.schedule.feeds(of: Bench.key) == 0)
    #expect(bench.schedule.inFlight(at: Bench.key) <= 1)
    #expect(bench.schedule.queueLength < 1000)
  }

  /// Whatever happens in whatever order, no more is under way than allowed, only what was ordered
  /// is ended, and every feed that is wanted gets its turn.
  @Test(arguments: 1...20)
  func `keeps its promises under random events`(seed: UInt64) {
    var random = JitterSource(seed: seed)
    var bench = Bench(refresh: .seconds(2))
    var wanted: Set<Int> = []
    var inFlight: Set<FetchTarget> = []
    var lastOutcome: [FetchTarget: Duration] = [:]
    for _ in 0..<4000 {
      switch Int.random(in: 0..<12, using: &random) {
      case 0...1:
        let number = Int.random(in: 0..<60, using: &random)
        if wanted.insert(number).inserted {
          bench.schedule.feedRetained(Bench.feed(number), now: bench.now)
          lastOutcome[.feed(Bench.feed(number))] = bench.now
        }
      case 2:
        if let number = wanted.randomElement(using: &random) {
          wanted.remove(number)
          bench.schedule.feedReleased(Bench.feed(number))
        }
      case 3 where Int.random(in: 0..<40, using: &random) == 0:
        bench.schedule.sourceDefined(Bench.key, refresh: .seconds(2), now: bench.now)
      case 4...8:
        if let target = inFlight.randomElement(using: &random) {
          inFlight.remove(target)
          lastOutcome[target] = bench.now
          if Int.random(in: 0..<3, using: &random) > 0 {
            _ = bench.schedule.fetchSucceeded(target, now: bench.now)
          } else {
            _ = bench.schedule.fetchFailed(
              target, concernsSource: Bool.random(using: &random), now: bench.now)
          }
        }
      default: bench.now += .milliseconds(Int.random(in: 0..<40, using: &random))
      }
      for order in bench.orders() {
        switch order {
        case .fetch(let target):
          #expect(inFlight.insert(target).inserted)
        case .fail(let target, _): lastOutcome[target] = bench.now
        case .cancel(let target), .forget(let target): inFlight.remove(target)
        }
      }
      #expect(inFlight.count == bench.schedule.inFlight(at: Bench.key))
      #expect(inFlight.count <= RefreshSource.maximumInFlight)
    }
    for number in wanted where !inFlight.contains(.feed(Bench.feed(number))) {
      let age = bench.now - (lastOutcome[.feed(Bench.feed(number))] ?? .zero)
      #expect(age <= .seconds(12), "feed \(number)")
    }
  }
}
