internal import EventLoop
internal import GRPCWire

/// How what has been read from a socket reaches the session: in pieces, and for a limited time in each
/// turn of the loop, so that a client whose bytes are costly does not keep the others waiting.
extension WorkerCore {
  /// How long one connection is dealt with before the others have their turn, give or take a piece: a
  /// millisecond, in nanoseconds.
  private static var turn: UInt64 { 1_000_000 }

  /// Deals with bytes that have come. What there is no time for is kept for the next turn.
  func process(_ bytes: UnsafeRawBufferPointer, _ connection: HTTP2Connection) {
    let end = table.now.advanced(byNanoseconds: Self.turn)
    var rest = bytes
    while !rest.isEmpty, !connection.isLingering, !connection.isClosed {
      do throws(HTTP2Session.Failure) {
        let count = try connection.session.receive(rest, now: table.now)
        deliver(connection)
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        guard !rest.isEmpty else { return }
        try connection.gather(through: &table.output)
      } catch {
        deliver(connection)
        return refuse(connection, error)
      }
      table.readClock()
      deliver(connection)
      if table.now >= end {
        connection.postponed = Array(rest)
        return
      }
    }
  }

  /// Sees to it that a connection goes on with what was postponed, unless it waits for its client.
  func schedule(_ connection: HTTP2Connection) {
    guard !connection.postponed.isEmpty, !connection.isPostponed, !connection.isFull else { return }
    connection.isPostponed = true
    postponed.append(connection)
    // In the next turn, after the other sockets have been looked at. libuv would run a timer of zero
    // that is started by a timer in the same turn.
    if postponed.count == 1 { resumeTimer?.start(after: .milliseconds(1)) }
  }

  func resumePostponed() {
    let connections = postponed
    postponed.removeAll(keepingCapacity: true)
    for connection in connections {
      connection.isPostponed = false
      let bytes = connection.postponed
      connection.postponed = []
      guard !connection.isClosed else { continue }
      table.readClock()
      bytes.withUnsafeBytes { process($0, connection) }
      advance(connection)
    }
  }

  /// Ends a connection on which nghttp2 can read no further.
  func refuse(_ connection: HTTP2Connection, _ failure: HTTP2Session.Failure) {
    switch failure {
    case .badPreface:
      let guess = Preface.guess(from: connection.firstBytes)
      let text = "expected the preface of HTTP/2, found \(guess.description)"
      if guess == .tls {
        logMistake("tls", text, connection)
      } else {
        log(.debug, text, connection)
      }
      if let answer = guess.answer { _ = answer.withUnsafeBytes { connection.stream?.write($0) } }
      shut(connection, isOver: true, reason: .protocol)
    case .broken(let reason):
      log(.debug, "the client broke HTTP/2: \(reason)", connection)
      shut(connection, isOver: true, reason: .protocol)
    case .exceeded(let limit):
      table.counters.exceeded(limit)
      logMistake(
        limit.rawValue, "closed a connection: the client ran into the limit \(limit.rawValue)",
        connection)
      // As far as the client takes it, it hears why.
      connection.session.terminate(.enhanceYourCalm)
      _ = connection.write(through: &table.output, counting: table.counters.bytesSent)
      shut(connection, isOver: true, reason: .flood)
    }
  }
}
