internal import HTTPClient
internal import Testing
internal import Time

@testable internal import Kubernetes

@Suite struct WatchProgressTests {
  private var progress = WatchProgress(jitter: JitterSource(seed: 1))

  private static func failure(_ kind: KubernetesFailure.Kind) -> KubernetesFailure {
    KubernetesFailure(kind: kind, message: "test")
  }

  private func waitTime(_ order: WatchProgress.Order) throws -> Duration {
    guard case .wait(let duration) = order else {
      Issue.record("\(order)")
      return .zero
    }
    return duration
  }

  @Test mutating func `lists first, and watches from the list's version`() {
    #expect(progress.started() == .list)
    #expect(progress.listed(resourceVersion: "7", now: .zero) == .watch(from: "7"))
  }

  @Test mutating func `goes on from the last version that was seen`() {
    _ = progress.listed(resourceVersion: "7", now: .zero)
    progress.received(resourceVersion: "9", now: .zero)
    #expect(progress.watchEnded(now: .seconds(1)) == .watch(from: "9"))
    progress.received(resourceVersion: "", now: .zero)
    #expect(progress.watchEnded(now: .seconds(2)) == .watch(from: "9"))
  }

  @Test mutating func `does not hurry after a server that ends watches at once`() throws {
    _ = progress.listed(resourceVersion: "7", now: .zero)
    let order = progress.watchEnded(now: WatchProgress.shortestWatch - .milliseconds(1))
    #expect(try waitTime(order) > .zero)
    #expect(progress.waited(now: .seconds(5)) == .watch(from: "7"))
    #expect(
      progress.watchEnded(now: .seconds(5) + WatchProgress.shortestWatch) == .watch(from: "7"))
  }

  @Test mutating func `lists again after an expired version, at once but only once`() throws {
    _ = progress.listed(resourceVersion: "7", now: .zero)
    #expect(progress.watchFailed(Self.failure(.expired), now: .seconds(1)) == .list)
    #expect(progress.resourceVersion == nil)
    var longest = Duration.zero
    for round in 1...10 {
      // The list is fine each time, and what it says has expired at once.
      _ = progress.listed(resourceVersion: "8", now: .seconds(round))
      let order = progress.watchFailed(Self.failure(.expired), now: .seconds(round))
      let wait = try waitTime(order)
      #expect(wait > .zero)
      longest = max(longest, wait)
      #expect(progress.waited(now: .seconds(round)) == .list)
    }
    #expect(longest >= WatchProgress.longestEarlyWait / 2)
    _ = progress.listed(resourceVersion: "9", now: .seconds(20))
    progress.received(resourceVersion: "10", now: .zero)
    #expect(progress.watchFailed(Self.failure(.expired), now: .seconds(21)) == .list)
  }

  @Test mutating func `replaces a watch that has fallen silent at once`() {
    _ = progress.listed(resourceVersion: "7", now: .zero)
    progress.received(resourceVersion: "8", now: .zero)
    let silent = Self.failure(.unreachable(.timeout))
    #expect(progress.watchFailed(silent, now: .seconds(60)) == .watch(from: "8"))
  }

  @Test mutating func `waits for a server that never answered`() throws {
    _ = progress.listed(resourceVersion: "7", now: .zero)
    let silent = Self.failure(.unreachable(.timeout))
    #expect(try waitTime(progress.watchFailed(silent, now: .seconds(60))) > .zero)
  }

  @Test mutating func `backs off, doubling up to three seconds, and resumes`() throws {
    _ = progress.listed(resourceVersion: "7", now: .zero)
    progress.received(resourceVersion: "8", now: .zero)
    var waits: [Duration] = []
    for round in 1...WatchProgress.failuresBeforeList {
      let order = progress.watchFailed(
        Self.failure(.unreachable(.connect)), now: .seconds(round))
      waits.append(try waitTime(order))
      #expect(progress.waited(now: .seconds(round)) == .watch(from: "8"))
    }
    for (index, wait) in waits.enumerated() {
      let full = min(WatchProgress.firstWait * (1 << index), WatchProgress.longestEarlyWait)
      #expect(wait >= full / 2 && wait <= full)
    }
    // Now the version itself is in doubt.
    _ = progress.watchFailed(Self.failure(.unreachable(.connect)), now: .seconds(9))
    #expect(progress.waited(now: .seconds(9)) == .list)
  }

  @Test(arguments: [
    KubernetesFailure.Kind.unreachable(.connect), .serverError, .forbidden, .unknownResource,
  ])
  mutating func `a server that was there is looked for every three seconds, for a minute`(
    _ kind: KubernetesFailure.Kind
  ) throws {
    _ = progress.listed(resourceVersion: "7", now: .zero)
    var waited = Duration.zero
    for _ in 1..<WatchProgress.earlyFailures {
      let wait = try waitTime(progress.watchFailed(Self.failure(kind), now: waited))
      #expect(wait <= WatchProgress.longestEarlyWait)
      waited += wait
    }
    #expect(waited >= .seconds(30) && waited <= .seconds(75))
    // Then it is no short outage.
    for _ in 0..<10 { _ = progress.listFailed(Self.failure(kind)) }
    let wait = try waitTime(progress.listFailed(Self.failure(kind)))
    #expect(wait >= WatchProgress.absentWait && wait <= WatchProgress.longestWait)
    #expect(progress.listed(resourceVersion: "9", now: waited) == .watch(from: "9"))
    let next = try waitTime(progress.watchFailed(Self.failure(kind), now: waited))
    #expect(next <= WatchProgress.firstWait)
  }

  @Test mutating func `a server that never answers is asked again soon, and then has more time`()
    throws
  {
    _ = progress.listed(resourceVersion: "7", now: .zero)
    let silent = Self.failure(.unreachable(.timeout))
    var found: [Duration] = []
    for _ in 1...7 {
      found.append(progress.patience)
      #expect(try waitTime(progress.watchFailed(silent, now: .zero)) <= WatchProgress.firstWait)
      _ = progress.waited(now: .zero)
    }
    #expect(found.first == RetryPlan.shortestPatience)
    #expect(found.last == RetryPlan.longestPatience)
    #expect(found == found.sorted())
    progress.received(resourceVersion: "8", now: .zero)
    #expect(progress.patience == RetryPlan.shortestPatience)
  }

  @Test mutating func `a watch that was quiet all through an outage is replaced, others are not`() {
    _ = progress.listed(resourceVersion: "7", now: .seconds(1))
    #expect(
      progress.serverReturned(awaySince: .seconds(5), now: .seconds(9)) == .watch(from: "7"))
    progress.received(resourceVersion: "8", now: .seconds(10))
    #expect(
      progress.serverReturned(awaySince: .seconds(10), now: .seconds(11)) == .nothing)
    #expect(
      progress.serverReturned(awaySince: .seconds(11), now: .seconds(12)) == .watch(from: "8"))
    _ = progress.watchFailed(Self.failure(.serverError), now: .seconds(13))
    #expect(progress.serverReturned(awaySince: .seconds(14), now: .seconds(15)) == .nothing)
  }

  @Test mutating func `an event ends the back-off`() throws {
    _ = progress.listed(resourceVersion: "7", now: .zero)
    for _ in 0..<4 { _ = progress.watchFailed(Self.failure(.serverError), now: .zero) }
    _ = progress.waited(now: .zero)
    progress.received(resourceVersion: "8", now: .zero)
    let order = progress.watchFailed(Self.failure(.serverError), now: .zero)
    #expect(try waitTime(order) <= WatchProgress.firstWait)
  }

  @Test mutating func `looks for an unknown kind at a steady pace`() throws {
    for _ in 0..<10 {
      let wait = try waitTime(progress.listFailed(Self.failure(.unknownResource)))
      #expect(wait >= WatchProgress.absentWait && wait <= WatchProgress.absentWait * 1.2)
    }
    #expect(progress.waited(now: .zero) == .list)
  }

  @Test mutating func `comes back when the server says`() throws {
    var failure = Self.failure(.throttled)
    failure.retryAfter = .seconds(7)
    #expect(progress.listFailed(failure) == .wait(.seconds(7)))
    failure.retryAfter = .seconds(86_400)
    #expect(progress.listFailed(failure) == .wait(WatchProgress.longestWait))
  }

  @Test mutating func `compares everything from time to time, but not while it waits`() {
    #expect(progress.resyncDue() == .nothing)
    _ = progress.listed(resourceVersion: "7", now: .zero)
    #expect(progress.resyncDue() == .list)
    #expect(progress.resyncDue() == .nothing)
    #expect(progress.waited(now: .zero) == .nothing)
  }
}
