internal import EventLoop
internal import GRPCWire
internal import TLS

/// How a connection ends whose client does what it must not.
extension HTTP2Connection {
  /// Ends a connection on which nghttp2 can read no further.
  func refuse(_ failure: HTTP2Session.Failure) {
    switch failure {
    case .badPreface:
      let guess = Preface.guess(from: firstBytes)
      let text = "expected the preface of HTTP/2, found \(guess.description)"
      if guess == .tls {
        logMistake("tls", text)
      } else {
        log(.debug, text)
      }
      if let answer = guess.answer { _ = answer.withUnsafeBytes { stream?.write($0) } }
      shut(isOver: true, reason: .protocol)
    case .broken(let reason):
      log(.debug, "the client broke HTTP/2: \(reason)")
      shut(isOver: true, reason: .protocol)
    case .exceeded(let limit):
      context.counters.exceeded(limit)
      logMistake(
        limit.rawValue, "closed a connection: the client ran into the limit \(limit.rawValue)")
      // As far as the client takes it, it hears why.
      session.terminate(.enhanceYourCalm)
      if let stream { _ = send(to: stream) }
      shut(isOver: true, reason: .flood)
    }
  }

  /// Ends a connection on which TLS could not be agreed on. OpenSSL has told the client why.
  func refuse(_ failure: TLSFailure) {
    context.counters.handshakeFailed(failure.reason)
    let text = "no TLS: \(failure.text)"
    // Probes of a port open and close connections, which is no mistake of the client.
    if failure.reason == .closed {
      log(.debug, text)
    } else {
      logMistake(failure.reason.rawValue, text)
    }
    shut(isOver: true, reason: .tls)
  }

  /// Ends a connection whose client speaks plain text where TLS is expected.
  func refuse(plaintext guess: Preface.Guess) {
    context.counters.handshakeFailed(.plaintext)
    let found =
      switch guess {
      case .http1: "an HTTP/1 request"
      case .http2: "HTTP/2"
      case .tls, .unknown: guess.description
      }
    logMistake(
      "plaintext",
      "expected TLS, found \(found) in plain text: the client must use TLS on this port")
    if guess == .http1 {
      let answer = Preface.badRequest("This port speaks gRPC over TLS.\n")
      _ = answer.withUnsafeBytes { stream?.write($0) }
    }
    shut(isOver: true, reason: .tls)
  }
}
