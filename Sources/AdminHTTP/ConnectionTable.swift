/// Which connections are open and what each has been busy with, so that slow clients cannot keep
/// others out. Pure: no socket, no clock.
///
/// libmicrohttpd closes a connection that stays silent, but a client that sends a byte now and
/// then is never silent, and at the limit no new connection is accepted. So whenever one arrives,
/// those that have taken too long over a request are ended, and near the limit the one that has
/// gone longest without finishing a request makes room.
struct ConnectionTable {
  /// From this many connections on, the oldest makes room for the newest. A little below the
  /// library's own limit, which would stop it from accepting.
  private let roomFor: Int
  private let requestTimeout: Duration
  /// Since when each connection has been waiting for a request to be finished: since it opened,
  /// or since its last answer.
  private var waitingSince: [Int32: ContinuousClock.Instant] = [:]

  init(limit: Int, requestTimeout: Duration) {
    roomFor = max(1, limit - 8)
    self.requestTimeout = requestTimeout
  }

  var count: Int { waitingSince.count }

  /// A connection was accepted. Returns the sockets of the connections that must end for it.
  mutating func opened(_ socket: Int32, at now: ContinuousClock.Instant) -> [Int32] {
    var ended = waitingSince.filter { $0.value.duration(to: now) > requestTimeout }.map(\.key)
    let left = waitingSince.count - ended.count
    if left >= roomFor {
      let candidates = waitingSince.filter { $0.value.duration(to: now) <= requestTimeout }
      ended += candidates.min { $0.value < $1.value }.map { [$0.key] } ?? []
    }
    for socket in ended { waitingSince[socket] = nil }
    waitingSince[socket] = now
    return ended
  }

  /// A request was answered; the connection may send another.
  mutating func finishedRequest(_ socket: Int32, at now: ContinuousClock.Instant) {
    // A connection that was told to end stays out.
    if waitingSince[socket] != nil { waitingSince[socket] = now }
  }

  mutating func closed(_ socket: Int32) {
    waitingSince[socket] = nil
  }
}
