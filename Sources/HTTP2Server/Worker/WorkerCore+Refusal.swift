internal import EventLoop
internal import GRPCWire
internal import TLS

extension WorkerCore {
  /// Ends a connection on which TLS could not be agreed on. OpenSSL has told the client why.
  func refuse(_ connection: HTTP2Connection, _ failure: TLSFailure) {
    table.counters.handshakeFailed(failure.reason)
    let text = "no TLS: \(failure.text)"
    // Probes of a port open and close connections, which is nobody's mistake.
    if failure.reason == .closed {
      log(.debug, text, connection)
    } else {
      logMistake(failure.reason.rawValue, text, connection)
    }
    shut(connection, isOver: true, reason: .tls)
  }

  /// Ends a connection whose client speaks plain text where TLS is expected.
  func refuse(_ connection: HTTP2Connection, plaintext guess: Preface.Guess) {
    table.counters.handshakeFailed(.plaintext)
    let found =
      switch guess {
      case .http1: "an HTTP/1 request"
      case .http2: "HTTP/2"
      case .tls, .unknown: guess.description
      }
    logMistake(
      "plaintext",
      "expected TLS, found \(found) in plain text: the client must use TLS on this port",
      connection)
    if guess == .http1 {
      let answer = Preface.badRequest("This port speaks gRPC over TLS.\n")
      _ = answer.withUnsafeBytes { connection.stream?.write($0) }
    }
    shut(connection, isOver: true, reason: .tls)
  }

  /// Warns of what clients do wrong: once a minute for each kind of mistake, since it will come again
  /// and again.
  func logMistake(_ kind: String, _ text: String, _ connection: HTTP2Connection? = nil) {
    let last = mistakes[kind]
    guard last.map({ $0.advanced(by: .seconds(60)) <= table.now }) ?? true else {
      return log(.debug, text, connection)
    }
    mistakes[kind] = table.now
    log(.warning, text, connection)
  }
}
