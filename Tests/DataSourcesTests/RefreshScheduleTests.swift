internal import HTTPClient
internal import Scaling
internal import Testing
internal import Time

@testable internal import DataSources

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

  @Test func `a feed that is released and retained in one go is not fetched again`() {
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

  @Test func `a changed source drops its fetches and restarts`() {
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
