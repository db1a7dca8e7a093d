package import Time

/// When a connection is drained and closed. Decides; performs nothing, and reads no clock.
///
/// A connection opens, serves, and then ends in good order, whoever wants it: a GOAWAY that names
/// no last stream tells the client to open nothing new, the answer to a PING proves that it has
/// heard so, a second GOAWAY names the last stream, and once the calls are done the output is shut
/// and the input read to its end, so that no byte of an answer is lost to a reset
/// (RFC 9113, 6.8; RFC 9112, 9.6 for the last step).
package struct ConnectionLifecycle: Sendable, Equatable {
  /// The times that a lifecycle goes by; nil turns one off.
  package struct Limits: Sendable, Equatable {
    /// From the connection to the client's SETTINGS.
    package var handshake: Duration = .seconds(20)
    /// Without a call.
    package var idle: Duration?
    /// From the connection to its drain.
    package var age: Duration?
    /// What the calls of a connection that is too old have to finish.
    package var ageGrace: Duration = .seconds(60)
    /// How long the answer to the PING is awaited.
    package var notice: Duration = .seconds(1)
    /// How long the client's end is awaited after ours.
    package var linger: Duration = .seconds(2)

    package init() {}
  }

  enum State: Sendable, Equatable {
    /// The client's SETTINGS are awaited.
    case opening
    /// `idleSince` is nil while there are calls.
    case serving(idleSince: MonotonicTime?)
    /// The first GOAWAY and the PING are sent.
    case announced(Drain, until: MonotonicTime)
    /// The second GOAWAY is sent; the calls under way finish.
    case finishing(Drain)
    /// The output is shut; the client's end is awaited.
    case lingering(ConnectionCloseReason, until: MonotonicTime)
    case closed
  }

  struct Drain: Sendable, Equatable {
    let reason: ConnectionCloseReason
    /// When calls that are not done are cut off.
    let deadline: MonotonicTime
  }

  package enum OnDrain: Sendable, Equatable {
    /// End the streaming RPCs with OK, send the first GOAWAY and a PING.
    case announce
    case none
  }

  package enum OnPing: Sendable, Equatable {
    case sendFinalGoAway
    case none
  }

  package enum OnAllSent: Sendable, Equatable {
    /// Shut the output, and read on until the client ends.
    case shutOutput
    case none
  }

  package enum OnTimer: Sendable, Equatable {
    case announce
    case sendFinalGoAway
    case close(ConnectionCloseReason)
    case none
  }

  private let limits: Limits
  private let opened: MonotonicTime
  private(set) var state = State.opening
  private var streams = 0

  package init(limits: Limits, now: MonotonicTime) {
    self.limits = limits
    opened = now
  }

  /// Whether the connection is being brought to its end.
  package var isDraining: Bool {
    switch state {
    case .opening, .serving: false
    case .announced, .finishing, .lingering, .closed: true
    }
  }

  /// When `timerFired` has something to do; nil for never.
  package var nextTimer: MonotonicTime? {
    switch state {
    case .opening: earlier(opened.advanced(by: limits.handshake), ageDeadline)
    case .serving(let idleSince):
      earlier(
        ageDeadline, idleSince.flatMap { since in limits.idle.map { since.advanced(by: $0) } })
    case .announced(let drain, let until): min(until, drain.deadline)
    case .finishing(let drain): drain.deadline
    case .lingering(_, let until): until
    case .closed: nil
    }
  }

  /// The client's SETTINGS have come.
  package mutating func handshakeCompleted(now: MonotonicTime) {
    switch state {
    case .opening: state = .serving(idleSince: streams == 0 ? now : nil)
    case .serving, .announced, .finishing, .lingering, .closed: break
    }
  }

  package mutating func streamOpened() {
    streams += 1
    if case .serving = state { state = .serving(idleSince: nil) }
  }

  package mutating func streamClosed(now: MonotonicTime) {
    streams -= 1
    if case .serving = state, streams == 0 { state = .serving(idleSince: now) }
  }

  /// The server stops, and gives its calls until `deadline`.
  package mutating func drainStarted(
    deadline: MonotonicTime, now: MonotonicTime
  ) -> OnDrain {
    switch state {
    case .opening, .serving:
      state = announced(.drain, deadline: deadline, now: now)
      return .announce
    case .announced(let drain, let until):
      state = .announced(shortened(drain, to: deadline), until: until)
      return .none
    case .finishing(let drain):
      state = .finishing(shortened(drain, to: deadline))
      return .none
    case .lingering(let reason, let until):
      state = .lingering(reason, until: min(until, deadline))
      return .none
    case .closed:
      return .none
    }
  }

  /// The client has answered the PING of the drain.
  package mutating func pingAcknowledged() -> OnPing {
    guard case .announced(let drain, _) = state else { return .none }
    state = .finishing(drain)
    return .sendFinalGoAway
  }

  /// Nothing is left to be written.
  ///
  /// - Parameter isOver: whether HTTP/2 itself has nothing more to read or write, as after a
  ///   protocol error or the client's own GOAWAY.
  package mutating func allSent(
    isOver: Bool, reason: ConnectionCloseReason, now: MonotonicTime
  ) -> OnAllSent {
    switch state {
    case .opening, .serving, .announced:
      guard isOver else { return .none }
      state = .lingering(reason, until: now.advanced(by: limits.linger))
      return .shutOutput
    case .finishing(let drain):
      guard streams == 0 || isOver else { return .none }
      let until = min(now.advanced(by: limits.linger), drain.deadline)
      state = .lingering(drain.reason, until: until)
      return .shutOutput
    case .lingering, .closed:
      return .none
    }
  }

  /// The client has ended or the socket has failed.
  ///
  /// - Returns: the reason to close for; nil when the connection is closed already.
  package mutating func lost(_ reason: ConnectionCloseReason) -> ConnectionCloseReason? {
    let before = state
    state = .closed
    switch before {
    case .opening, .serving: return reason
    case .announced(let drain, _), .finishing(let drain): return drain.reason
    case .lingering(let first, _): return first
    case .closed: return nil
    }
  }

  /// The instant of `nextTimer` may have come. Too early is no harm.
  package mutating func timerFired(now: MonotonicTime) -> OnTimer {
    guard let due = nextTimer, due <= now else { return .none }
    switch state {
    case .opening:
      state = .closed
      return .close(.handshake)
    case .serving:
      let isTooOld = ageDeadline.map { $0 <= now } ?? false
      state = announced(
        isTooOld ? .age : .idle, deadline: now.advanced(by: limits.ageGrace), now: now)
      return .announce
    case .announced(let drain, _):
      guard drain.deadline > now else { return cutOff(drain) }
      state = .finishing(drain)
      return .sendFinalGoAway
    case .finishing(let drain):
      return cutOff(drain)
    case .lingering(let reason, _):
      state = .closed
      return .close(reason)
    case .closed:
      return .none
    }
  }

  private var ageDeadline: MonotonicTime? {
    limits.age.map { opened.advanced(by: $0) }
  }

  private func announced(
    _ reason: ConnectionCloseReason, deadline: MonotonicTime, now: MonotonicTime
  ) -> State {
    .announced(Drain(reason: reason, deadline: deadline), until: now.advanced(by: limits.notice))
  }

  private func shortened(_ drain: Drain, to deadline: MonotonicTime) -> Drain {
    Drain(reason: .drain, deadline: min(drain.deadline, deadline))
  }

  private mutating func cutOff(_ drain: Drain) -> OnTimer {
    state = .closed
    return .close(drain.reason == .drain ? .drainTimeout : drain.reason)
  }

  private func earlier(_ left: MonotonicTime?, _ right: MonotonicTime?) -> MonotonicTime? {
    guard let left, let right else { return left ?? right }
    return min(left, right)
  }
}
