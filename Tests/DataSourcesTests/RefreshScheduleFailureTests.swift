internal import HTTPClient
internal import Scaling
internal import Testing
internal import Time

@testable internal import DataSources

/// What failures do to the schedule.
@Suite struct RefreshScheduleFailureTests {
  @Test func `waits longer after each failure, up to the ceiling`() {
    var bench = Bench(feeds: 1)
    bench.settle()
    _ = bench.advance()
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
      #expect(order == (index == 15 ? .sourceWentDown : .none))
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

  @Test func `an unusable answer shows that the source is back, and spares other bad queries`() {
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

  // MARK: Whose trouble it is

  @Test(arguments: [1, 4, 7])
  func `the source is up while any of its feeds is answered`(bad: Int) {
    var bench = Bench(feeds: 8)
    while bench.now < .seconds(1800) {
      for target in bench.fetches() {
        let isBad = (0..<bad).contains { target == .feed(Bench.feed($0)) }
        if isBad {
          #expect(
            bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now) == .none)
        } else {
          #expect(bench.schedule.fetchSucceeded(target, now: bench.now) == .none)
        }
      }
      #expect(bench.schedule.health(of: Bench.key) != .failing)
      bench.now = bench.schedule.nextTurn(now: bench.now) ?? bench.now
    }
  }

  @Test func `a source goes down with the last of its feeds, once, and comes back with one`() throws
  {
    var bench = Bench(feeds: 8)
    bench.settle()
    var downs: [Duration] = []
    while bench.now < .seconds(300) {
      bench.now = bench.schedule.nextTurn(now: bench.now) ?? bench.now
      for target in bench.fetches() {
        let order = bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now)
        if order == .sourceWentDown { downs.append(bench.now) }
      }
    }
    #expect(downs.count == 1)
    // Each was due once within its refresh interval.
    #expect(downs.allSatisfy { $0 <= .seconds(17) })
    bench.now = bench.schedule.nextTurn(now: bench.now) ?? bench.now
    let target = try #require(bench.fetches().first)
    #expect(bench.schedule.fetchSucceeded(target, now: bench.now) == .recovered)
  }

  @Test func `a feed that is removed is no longer one that is answered`() {
    var bench = Bench(feeds: 2)
    bench.settle()
    bench.schedule.feedReleased(Bench.feed(0))
    _ = bench.orders()
    var orders: [RefreshSchedule.OnFailure] = []
    while orders.count < 3 {
      for order in bench.advance() {
        guard case .fetch(let target) = order else { continue }
        orders.append(bench.schedule.fetchFailed(target, concernsSource: true, now: bench.now))
      }
    }
    #expect(orders == [.sourceWentDown, .none, .none])
  }

  // MARK: When it is tried again

  @Test(arguments: [1.0, 15, 60, 300], [1, 5, 100])
  func `a source that is down is tried at least every 15 s`(refresh: Double, feeds: Int) {
    for lasting in [Duration.zero, .seconds(5)] {
      var bench = Bench(feeds: feeds, refresh: .seconds(refresh))
      bench.settle()
      // Until it is down, each feed is fetched at its own time.
      let down = Duration.seconds(refresh * 2 + 60)
      let starts = bench.failing(for: down + .seconds(600), lasting: lasting).filter { $0 > down }
      #expect(bench.schedule.health(of: Bench.key) == .failing)
      let gaps = zip(starts, starts.dropFirst()).map { $1 - $0 }
      #expect(gaps.allSatisfy { $0 <= .seconds(15) }, "\(String(describing: gaps.max()))")
      #expect(starts.count >= 40)
    }
  }

  @Test(arguments: [1, 15, 300], [true, false])
  func `what was never read is tried after 0.5, 1, 2 and 4 s`(
    refresh: Int, concernsSource: Bool
  ) {
    var bench = Bench(feeds: 1, refresh: .seconds(refresh))
    _ = bench.orders()
    let target = FetchTarget.feed(Bench.feed(0))
    for expected in [0.5, 1, 2, 4] {
      let start = bench.now
      _ = bench.schedule.fetchFailed(target, concernsSource: concernsSource, now: bench.now)
      #expect(bench.advance() == [.fetch(target)])
      let limit = min(Duration.seconds(expected), .seconds(refresh))
      #expect(bench.now - start <= limit && bench.now - start >= limit * 9 / 10)
    }
    _ = bench.schedule.fetchSucceeded(target, now: bench.now)
    _ = bench.advance()
    let start = bench.now
    _ = bench.schedule.fetchFailed(target, concernsSource: false, now: bench.now)
    _ = bench.advance()
    #expect(bench.now - start >= .seconds(refresh) * 9 / 10)
  }

  @Test(arguments: [(120, 120), (0, 0), (-5, 0), (86_400, 300)])
  func `a server that asks for a rest gets it for that feed, within bounds`(
    asked: Int, expected: Int
  ) {
    var bench = Bench(feeds: 3, refresh: .seconds(10))
    bench.settle()
    var starts: [FetchTarget: [Duration]] = [:]
    let bad = FetchTarget.feed(Bench.feed(1))
    while bench.now < .seconds(1000) {
      for target in bench.fetches() {
        starts[target, default: []].append(bench.now)
        if target == bad {
          _ = bench.schedule.fetchFailed(
            target, concernsSource: true, retryAfter: .seconds(asked), now: bench.now)
        } else {
          _ = bench.schedule.fetchSucceeded(target, now: bench.now)
        }
      }
      bench.now = bench.schedule.nextTurn(now: bench.now) ?? bench.now
    }
    let times = starts[bad] ?? []
    let waits = zip(times, times.dropFirst()).map { $1 - $0 }
    #expect(!waits.isEmpty)
    #expect(waits.allSatisfy { $0 >= .seconds(max(expected, 9)) }, "\(waits)")
    #expect(waits.allSatisfy { $0 <= .seconds(max(expected * 11 / 10, 15)) }, "\(waits)")
    // The others are asked as ever.
    for number in [0, 2] { #expect((starts[.feed(Bench.feed(number))]?.count ?? 0) >= 90) }
  }

  @Test func `a source that is down and asks for a rest gets it as a whole`() {
    var bench = Bench(feeds: 100)
    let starts = bench.failing(for: .seconds(1200), lasting: .zero, retryAfter: .seconds(100))
    // The first batch and what tells that it is down, then two now and then.
    let later = starts.filter { $0 > .zero }
    #expect(later.first.map { $0 >= .seconds(100) } == true)
    #expect(later.count <= 12 * 4, "\(later)")
    #expect(later.count >= 5)
  }

  @Test func `a feed that is new is asked for although its source rests`() {
    var bench = Bench(feeds: 1)
    let first = bench.fetches()
    #expect(first.count == 1)
    _ = bench.schedule.fetchFailed(
      first[0], concernsSource: true, retryAfter: .seconds(120), now: bench.now)
    #expect(bench.schedule.health(of: Bench.key) == .failing)
    bench.schedule.feedRetained(Bench.feed(1), now: bench.now)
    #expect(bench.fetches() == [.feed(Bench.feed(1))])
    #expect(
      bench.schedule.fetchSucceeded(.feed(Bench.feed(1)), now: bench.now) == .recovered)
  }

  @Test func `a feed's own rest outlives the recovery of its source`() {
    var bench = Bench(feeds: 2)
    let targets = bench.fetches()
    for target in targets {
      _ = bench.schedule.fetchFailed(
        target, concernsSource: true,
        retryAfter: target == targets[0] ? .seconds(200) : nil, now: bench.now)
    }
    #expect(bench.schedule.health(of: Bench.key) == .failing)
    bench.schedule.feedRetained(Bench.feed(7), now: bench.now)
    var recovered: Duration?
    while bench.now < .seconds(150) {
      for order in bench.advance() {
        guard case .fetch(let target) = order else { continue }
        #expect(target != targets[0])
        if bench.schedule.fetchSucceeded(target, now: bench.now) == .recovered {
          recovered = bench.now
        }
      }
    }
    #expect(recovered != nil)
  }
}
