internal import Testing
internal import Time

@testable internal import GRPCWire

@Suite struct ConnectionLifecycleTests {
  typealias State = ConnectionLifecycle.State

  static let limits: ConnectionLifecycle.Limits = {
    var limits = ConnectionLifecycle.Limits()
    limits.handshake = .seconds(20)
    limits.idle = .seconds(300)
    limits.age = .seconds(1000)
    limits.ageGrace = .seconds(50)
    limits.notice = .seconds(1)
    limits.linger = .seconds(2)
    return limits
  }()

  /// One policy in each state, at second 100, with a drain deadline of second 130.
  enum Start: CaseIterable {
    case opening, idle, busy, announced, announcedBusy, finishing, finishingBusy, lingering, closed

    var policy: ConnectionLifecycle {
      var policy = ConnectionLifecycle(limits: limits, now: second(100))
      if self != .opening { policy.handshakeCompleted(now: second(100)) }
      if [.busy, .announcedBusy, .finishingBusy].contains(self) { policy.streamOpened() }
      switch self {
      case .opening, .idle, .busy: break
      case .closed: _ = policy.lost(.peer)
      case .announced, .announcedBusy, .finishing, .finishingBusy, .lingering:
        _ = policy.drainStarted(deadline: second(130), now: second(100))
      }
      if [.finishing, .finishingBusy, .lingering].contains(self) { _ = policy.pingAcknowledged() }
      if self == .lingering {
        _ = policy.allSent(isOver: false, reason: .peer, now: second(100))
      }
      return policy
    }

    static let drain = ConnectionLifecycle.Drain(reason: .drain, deadline: second(130))

    var state: State {
      switch self {
      case .opening: .opening
      case .idle: .serving(idleSince: second(100))
      case .busy: .serving(idleSince: nil)
      case .announced, .announcedBusy: .announced(Self.drain, until: second(101))
      case .finishing, .finishingBusy: .finishing(Self.drain)
      case .lingering: .lingering(.drain, until: second(102))
      case .closed: .closed
      }
    }
  }

  @Test(arguments: Start.allCases)
  func `the states are as the tests assume`(start: Start) {
    #expect(start.policy.state == start.state)
    let isDraining = ![.opening, .idle, .busy].contains(start)
    #expect(start.policy.isDraining == isDraining)
  }

  @Test(arguments: Start.allCases)
  func `the handshake completes`(start: Start) {
    var policy = start.policy
    policy.handshakeCompleted(now: second(105))
    #expect(policy.state == (start == .opening ? .serving(idleSince: second(105)) : start.state))
  }

  @Test(arguments: Start.allCases)
  func `a drain starts`(start: Start) {
    var policy = start.policy
    let order = policy.drainStarted(deadline: second(120), now: second(110))
    let drain = ConnectionLifecycle.Drain(reason: .drain, deadline: second(120))
    switch start {
    case .opening, .idle, .busy:
      #expect(order == .announce)
      #expect(policy.state == .announced(drain, until: second(111)))
    case .announced, .announcedBusy:
      #expect(order == .none)
      #expect(policy.state == .announced(drain, until: second(101)))
    case .finishing, .finishingBusy:
      #expect(order == .none)
      #expect(policy.state == .finishing(drain))
    case .lingering, .closed:
      #expect(order == .none)
      #expect(policy.state == start.state)
    }
  }

  @Test(arguments: Start.allCases)
  func `the ping is answered`(start: Start) {
    var policy = start.policy
    let order = policy.pingAcknowledged()
    if [.announced, .announcedBusy].contains(start) {
      #expect(order == .sendFinalGoAway)
      #expect(policy.state == .finishing(Start.drain))
    } else {
      #expect(order == .none)
      #expect(policy.state == start.state)
    }
  }

  @Test(arguments: Start.allCases, [true, false])
  func `all is sent`(start: Start, isOver: Bool) {
    var policy = start.policy
    let order = policy.allSent(isOver: isOver, reason: .protocol, now: second(110))
    switch start {
    case .opening, .idle, .busy, .announced, .announcedBusy:
      #expect(order == (isOver ? .shutOutput : .none))
      #expect(policy.state == (isOver ? .lingering(.protocol, until: second(112)) : start.state))
    case .finishing:
      #expect(order == .shutOutput)
      #expect(policy.state == .lingering(.drain, until: second(112)))
    case .finishingBusy:
      #expect(order == (isOver ? .shutOutput : .none))
      #expect(policy.state == (isOver ? .lingering(.drain, until: second(112)) : start.state))
    case .lingering, .closed:
      #expect(order == .none)
      #expect(policy.state == start.state)
    }
  }

  @Test(arguments: Start.allCases)
  func `the connection is lost`(start: Start) {
    var policy = start.policy
    let reason = policy.lost(.failure)
    switch start {
    case .opening, .idle, .busy: #expect(reason == .failure)
    case .announced, .announcedBusy, .finishing, .finishingBusy, .lingering:
      #expect(reason == .drain)
    case .closed: #expect(reason == nil)
    }
    #expect(policy.state == .closed)
    #expect(policy.nextTimer == nil)
  }

  @Test(arguments: Start.allCases)
  func `the timer fires too early`(start: Start) {
    var policy = start.policy
    #expect(policy.timerFired(now: second(100)) == .none)
    #expect(policy.state == start.state)
  }

  @Test(arguments: Start.allCases)
  func `the timer fires in time`(start: Start) {
    var policy = start.policy
    guard let due = policy.nextTimer else {
      #expect(start == .closed)
      return
    }
    let order = policy.timerFired(now: due)
    switch start {
    case .opening:
      #expect(due == second(120))
      #expect(order == .close(.handshake))
      #expect(policy.state == .closed)
    case .idle:
      #expect(due == second(400))
      #expect(order == .announce)
      #expect(policy.state == announced(.idle, at: due))
    case .busy:
      #expect(due == second(1100))
      #expect(order == .announce)
      #expect(policy.state == announced(.age, at: due))
    case .announced, .announcedBusy:
      #expect(due == second(101))
      #expect(order == .sendFinalGoAway)
      #expect(policy.state == .finishing(Start.drain))
    case .finishing, .finishingBusy:
      #expect(due == second(130))
      #expect(order == .close(.drainTimeout))
      #expect(policy.state == .closed)
    case .lingering:
      #expect(due == second(102))
      #expect(order == .close(.drain))
      #expect(policy.state == .closed)
    case .closed:
      Issue.record("a closed connection waits for nothing")
    }
  }

  @Test func `idle time starts when the last call ends`() {
    var policy = Start.busy.policy
    policy.streamOpened()
    policy.streamClosed(now: second(200))
    #expect(policy.state == .serving(idleSince: nil))
    policy.streamClosed(now: second(210))
    #expect(policy.state == .serving(idleSince: second(210)))
    #expect(policy.nextTimer == second(510))
  }

  @Test func `calls that are not done at the deadline of the drain are cut off`() {
    var policy = Start.announcedBusy.policy
    #expect(policy.timerFired(now: second(130)) == .close(.drainTimeout))
  }

  @Test func `the last call ends a drain`() {
    var policy = Start.finishingBusy.policy
    #expect(policy.allSent(isOver: false, reason: .peer, now: second(110)) == .none)
    policy.streamClosed(now: second(111))
    #expect(policy.allSent(isOver: false, reason: .peer, now: second(111)) == .shutOutput)
  }

  @Test func `lingering does not outlast the drain`() {
    var policy = Start.finishing.policy
    #expect(policy.allSent(isOver: false, reason: .peer, now: second(129)) == .shutOutput)
    #expect(policy.nextTimer == second(130))
  }

  @Test func `a stop during a drain for age counts as a stop and shortens the grace`() {
    var policy = Start.busy.policy
    #expect(policy.timerFired(now: second(1100)) == .announce)
    #expect(policy.drainStarted(deadline: second(1110), now: second(1101)) == .none)
    #expect(policy.pingAcknowledged() == .sendFinalGoAway)
    #expect(policy.timerFired(now: second(1110)) == .close(.drainTimeout))
  }

  @Test func `without limits nothing is waited for but the handshake`() {
    var policy = ConnectionLifecycle(limits: ConnectionLifecycle.Limits(), now: second(100))
    #expect(policy.nextTimer == second(120))
    policy.handshakeCompleted(now: second(101))
    #expect(policy.nextTimer == nil)
    #expect(policy.timerFired(now: second(1_000_000)) == .none)
  }

  private func announced(_ reason: ConnectionCloseReason, at now: MonotonicTime) -> State {
    .announced(
      ConnectionLifecycle.Drain(reason: reason, deadline: now.advanced(by: .seconds(50))),
      until: now.advanced(by: .seconds(1)))
  }
}

private func second(_ second: UInt64) -> MonotonicTime {
  MonotonicTime(nanoseconds: second * 1_000_000_000)
}
