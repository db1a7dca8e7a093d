internal import HTTPClient
internal import Scaling
internal import Testing
internal import Time

@testable internal import Kubernetes

@Suite struct LeaderElectionTests {
  private static let wallClock = Instant(milliseconds: 1_763_676_000_123)

  /// A Lease that several candidates write, as the API server keeps it.
  private struct Storage {
    var lease: LeaderElection.Observation?
    private var version = 0

    mutating func create(_ record: LeaseRecord) -> LeaderElection.Observation? {
      guard lease == nil else { return nil }
      return store(record)
    }

    mutating func update(
      _ record: LeaseRecord, _ resourceVersion: String
    ) -> LeaderElection.Observation? {
      guard lease?.resourceVersion == resourceVersion else { return nil }
      return store(record)
    }

    private mutating func store(_ record: LeaseRecord) -> LeaderElection.Observation? {
      version += 1
      lease = .init(resourceVersion: String(version), record: record)
      return lease
    }
  }

  /// Lets a candidate do all that it wants at that moment.
  private func run(
    _ election: inout LeaderElection, _ storage: inout Storage, at now: Duration
  ) {
    var order = election.periodPassed(now: now, wallClock: Self.wallClock)
    for _ in 0..<3 {
      let written: LeaderElection.Observation?
      switch order {
      case .wait: return
      case .read:
        order = election.read(storage.lease, now: now, wallClock: Self.wallClock)
        continue
      case .create(let record): written = storage.create(record)
      case .update(let record, let version): written = storage.update(record, version)
      }
      guard let written else { return election.failed(conflict: true) }
      return election.written(written, now: now)
    }
  }

  @Test func `the first creates the Lease and leads`() {
    var first = LeaderElection(identity: "a")
    var storage = Storage()
    run(&first, &storage, at: .zero)
    #expect(first.isLeader(at: .zero))
    #expect(storage.lease?.record.holder == "a")
    #expect(storage.lease?.record.acquireTime == "2025-11-20T22:00:00.123000Z")
    #expect(storage.lease?.record.duration == .seconds(15))
  }

  @Test func `the second waits as long as the first renews`() {
    var first = LeaderElection(identity: "a")
    var second = LeaderElection(identity: "b")
    var storage = Storage()
    for second_ in stride(from: 0, to: 120, by: 2) {
      let now = Duration.seconds(second_)
      run(&first, &storage, at: now)
      // The wall clock of a record that does not move proves nothing; its version does.
      run(&second, &storage, at: now)
      #expect(first.isLeader(at: now))
      #expect(!second.isLeader(at: now))
    }
    #expect(storage.lease?.record.transitions == 0)
  }

  @Test func `after a crash the second leads within the lease and one period`() {
    var first = LeaderElection(identity: "a")
    var second = LeaderElection(identity: "b")
    var storage = Storage()
    run(&first, &storage, at: .zero)
    run(&second, &storage, at: .seconds(1))
    var now = Duration.seconds(1)
    while !second.isLeader(at: now), now < .seconds(60) {
      now += .milliseconds(2400)
      run(&second, &storage, at: now)
    }
    #expect(now >= .seconds(1) + second.timing.leaseDuration)
    #expect(now <= .seconds(20))
    #expect(storage.lease?.record.transitions == 1)
    #expect(!first.isLeader(at: now))
  }

  @Test func `a holder that cannot renew stops at the deadline, counted from its request`() {
    var election = LeaderElection(identity: "a")
    guard case .read = election.periodPassed(now: .zero, wallClock: Self.wallClock),
      case .create(let record) = election.read(nil, now: .zero, wallClock: Self.wallClock)
    else {
      Issue.record("unexpected order")
      return
    }
    // The answer takes three seconds.
    election.written(.init(resourceVersion: "1", record: record), now: .seconds(3))
    let deadline = election.timing.renewDeadline
    #expect(election.end == deadline)
    #expect(election.isLeader(at: deadline - .milliseconds(1)))
    #expect(!election.isLeader(at: deadline))
  }

  @Test func `never do two lead at once, whatever is delayed`() {
    // Both are called at odd times; requests of the first fail now and then.
    var storage = Storage()
    var elections = [LeaderElection(identity: "a"), LeaderElection(identity: "b")]
    var random = JitterSource(seed: 7)
    for tick in 0..<2000 {
      let now = Duration.milliseconds(tick * 500)
      for index in elections.indices where UInt8.random(in: 0..<4, using: &random) == 0 {
        let isAway = index == 0 && (tick / 60) % 2 == 1
        if isAway {
          _ = elections[index].periodPassed(now: now, wallClock: Self.wallClock)
          elections[index].failed(conflict: false)
        } else {
          run(&elections[index], &storage, at: now)
        }
      }
      #expect(elections.count { $0.isLeader(at: now) } <= 1)
    }
  }

  @Test func `a conflict makes the holder read before it writes again`() {
    var election = LeaderElection(identity: "a")
    var storage = Storage()
    run(&election, &storage, at: .zero)
    guard case .update = election.periodPassed(now: .seconds(2), wallClock: Self.wallClock) else {
      Issue.record("a holder renews without reading")
      return
    }
    election.failed(conflict: true)
    #expect(election.periodPassed(now: .seconds(4), wallClock: Self.wallClock) == .read)
    #expect(election.isLeader(at: .seconds(4)))
  }

  @Test func `a holder that finds another's name leads no more, at once`() {
    var election = LeaderElection(identity: "a")
    var storage = Storage()
    run(&election, &storage, at: .zero)
    var taken = storage.lease
    taken?.record.holder = "b"
    taken?.resourceVersion = "99"
    #expect(election.read(taken, now: .seconds(1), wallClock: Self.wallClock) == .wait)
    #expect(!election.isLeader(at: .seconds(1)))
  }

  @Test func `a Lease that was given up is taken at once`() {
    var first = LeaderElection(identity: "a")
    var second = LeaderElection(identity: "b")
    var storage = Storage()
    run(&first, &storage, at: .zero)
    run(&second, &storage, at: .seconds(1))
    let release = first.released(now: .seconds(2), wallClock: Self.wallClock)
    #expect(release?.record.holder == "")
    #expect(!first.isLeader(at: .seconds(2)))
    if let release { _ = storage.update(release.record, release.resourceVersion) }
    run(&second, &storage, at: .seconds(3))
    #expect(second.isLeader(at: .seconds(3)))
    #expect(second.released(now: .seconds(30), wallClock: Self.wallClock) == nil)
  }

  @Test func `the same identity renews its own record after a restart`() {
    var storage = Storage()
    var before = LeaderElection(identity: "a")
    run(&before, &storage, at: .zero)
    var after = LeaderElection(identity: "a")
    run(&after, &storage, at: .seconds(1))
    #expect(after.isLeader(at: .seconds(1)))
    #expect(storage.lease?.record.transitions == 0)
  }

  @Test func `records with missing or absurd parts are read`() {
    let record = LeaseRecord([
      "leaseDurationSeconds": -5, "leaseTransitions": 9_999_999_999,
    ])
    #expect(record.holder == "")
    #expect(record.duration == .zero)
    #expect(record.transitions == Int(Int32.max) - 1)
    #expect(LeaseRecord(nil).holder == "")
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000000Z"), (1, "1970-01-01T00:00:00.001000Z"),
      (1_763_676_000_987, "2025-11-20T22:00:00.987000Z"), (-1, "1969-12-31T23:59:59.999000Z"),
    ] as [(Int64, String)])
  func `micro time always has six digits`(milliseconds: Int64, text: String) {
    #expect(MicroTime.text(Instant(milliseconds: milliseconds)) == text)
  }
}
