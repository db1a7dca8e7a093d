internal import EventLoop
internal import GRPCWire
internal import Time

/// How what the client sends reaches the session: in pieces, and for a limited time in each turn of the
/// loop, so that a client whose bytes are costly does not keep the others waiting.
extension HTTP2Connection {
  /// How long one connection is served before the others, give or take a piece: a
  /// millisecond, in nanoseconds.
  private static var turn: UInt64 { 1_000_000 }

  /// Reads once, so that one busy client does not keep the others waiting.
  func read() {
    guard let stream else { return }
    switch stream.read(into: context.input) {
    case .nothing:
      break
    case .end:
      end(.peer)
    case .failed(let reason):
      log(.debug, "the connection failed: \(reason)")
      end(.failure)
    case .refused(let failure):
      refuse(failure)
    case .plaintext(let guess):
      refuse(plaintext: guess)
    case .bytes(let count):
      context.counters.bytesReceived.add(count)
      guard !isLingering else { return }
      let bytes = UnsafeRawBufferPointer(rebasing: context.input[..<count])
      if firstBytes.count < Preface.enough {
        firstBytes += bytes.prefix(Preface.enough - firstBytes.count)
      }
      process(bytes)
    }
  }

  /// Deals with bytes that have come. What there is no time for is kept for the next turn.
  private func process(_ bytes: UnsafeRawBufferPointer) {
    let end = context.now.advanced(byNanoseconds: Self.turn)
    var rest = bytes
    while !rest.isEmpty, case .open(let stream) = phase {
      do throws(HTTP2Session.Failure) {
        let count = try session.receive(rest, now: context.now)
        deliver()
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        guard !rest.isEmpty else { return }
        if stream.isEstablished { try output.gather(from: session, through: &context.output) }
      } catch {
        deliver()
        return refuse(error)
      }
      context.readClock()
      deliver()
      if context.now >= end {
        postponed = Array(rest)
        return
      }
    }
  }

  /// Asks for another turn to go on with what was postponed, unless the connection waits for its client.
  func postpone() {
    guard !postponed.isEmpty, !isPostponed, !isFull else { return }
    assert(!isClosed && !isLingering, "what has come is dropped with the end")
    context.postpone(self)
  }

  /// Goes on with what was postponed.
  func resume() {
    isPostponed = false
    let bytes = postponed
    postponed = []
    guard !isClosed else { return }
    context.readClock()
    bytes.withUnsafeBytes { process($0) }
    advance()
  }
}
