internal import Time

/// Which connections are open and what each is busy with, so that slow clients cannot keep others
/// out. Pure: no socket, no clock.
///
/// libmicrohttpd closes a connection that stays silent, but a client that sends or takes a byte now
/// and then is never silent, and at its limit no new connection is accepted. So a request has a
/// limit of time, and where there are too many connections the one that has gone longest without
/// finishing a request makes room for the newest. One whose request is being answered is spared for
/// a while: a flood of connections that ask for nothing must not end the scrape that takes a second.
struct ConnectionTable {
  private let limit: Int
  private let requestTimeout: Duration
  private var connections: [Int32: Activity] = [:]

  /// What a connection has been busy with, since when.
  private enum Activity {
    /// A request is on its way, or its answer; also what comes before the first request.
    ///
    /// - Parameter hasHead: Its head has arrived.
    case request(since: ContinuousClock.Instant, hasHead: Bool = false)
    /// The last request is answered, and the next has not begun.
    case pause(since: ContinuousClock.Instant)

    var since: ContinuousClock.Instant {
      switch self {
      case .request(let since, _), .pause(let since): since
      }
    }

    /// The earlier, the sooner it makes room.
    var rank: ContinuousClock.Instant {
      if case .request(let since, hasHead: true) = self {
        return since.advanced(by: ConnectionTable.mercy)
      }
      return since
    }
  }

  /// For how long a request that is being answered is spared. Slow readers are not, in the end.
  private static let mercy = Duration.seconds(5)

  /// The kernel counts silence in ticks of up to 10 ms.
  private static let tick = Duration.milliseconds(10)

  /// - Parameters:
  ///   - limit: connections at one time; at least 1.
  ///   - requestTimeout: from a request's first byte to the last one of its answer.
  init(limit: Int, requestTimeout: Duration) {
    self.limit = max(1, limit)
    self.requestTimeout = requestTimeout
  }

  var count: Int { connections.count }

  /// A connection was accepted. Returns the socket of the one that must end for it.
  mutating func opened(_ socket: Int32, at now: ContinuousClock.Instant) -> Int32? {
    var displaced: Int32?
    if connections.count >= limit {
      displaced = connections.min { $0.value.rank < $1.value.rank }?.key
      if let displaced { connections[displaced] = nil }
    }
    connections[socket] = .request(since: now)
    return displaced
  }

  /// A request's head has arrived.
  mutating func beganRequest(_ socket: Int32, at now: ContinuousClock.Instant) {
    switch connections[socket] {
    case .pause: connections[socket] = .request(since: now, hasHead: true)
    case .request(let since, _): connections[socket] = .request(since: since, hasHead: true)
    // It was asked to end.
    case nil: break
    }
  }

  /// A request was answered; the connection may send another.
  mutating func finishedRequest(_ socket: Int32, at now: ContinuousClock.Instant) {
    // A connection that was asked to end stays out.
    if connections[socket] != nil { connections[socket] = .pause(since: now) }
  }

  /// Time has passed. Returns the sockets of the connections that must end, because their request
  /// takes longer than its time.
  ///
  /// - Parameter silence: how long ago a connection's last byte came; nil where it is not known.
  mutating func looked(
    at now: ContinuousClock.Instant, silence: (Int32) -> Duration?
  ) -> [Int32] {
    var overdue: [Int32] = []
    for (socket, activity) in connections {
      switch activity {
      case .request(let since, _):
        if since.duration(to: now) > requestTimeout { overdue.append(socket) }
      case .pause(let since):
        // Bytes since the last answer are the beginning of a request.
        guard let silence = silence(socket), silence + Self.tick < since.duration(to: now) else {
          continue
        }
        connections[socket] = .request(since: now.advanced(by: .zero - silence))
      }
    }
    for socket in overdue { connections[socket] = nil }
    return overdue
  }

  mutating func closed(_ socket: Int32) {
    connections[socket] = nil
  }
}
