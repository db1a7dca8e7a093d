internal import EventLoop
internal import TLS

/// What an HTTP/2 connection reads and writes: a TCP connection, with TLS on it or without. Confined
/// to its worker's loop.
final class ByteStream {
  enum OnRead: Equatable {
    case bytes(Int)
    case nothing
    case end
    case failed(String)
    /// The connection could not be secured.
    case refused(TLSFailure)
    /// A client of plain text where TLS is expected, by its first bytes.
    case plaintext(Preface.Guess)
  }

  private enum Security {
    /// No TLS.
    case none
    /// TLS, of which nothing has come yet.
    case untried(TLSSession)
    case handshake(TLSSession)
    case established(TLSSession)
    /// TLS has failed; what still comes is read past it.
    case failed
  }

  private let socket: TCPConnection
  private var security: Security
  /// TLS must write before it can read on.
  private var readNeedsWriting = false

  /// Fails when memory has run out.
  init?(_ socket: TCPConnection, securedBy context: TLSContext?) {
    self.socket = socket
    guard let context else {
      security = .none
      return
    }
    guard let tls = TLSSession(context, socket: socket.descriptor) else { return nil }
    security = .untried(tls)
  }

  /// Whether the handshake is done, or there is none.
  var isEstablished: Bool {
    switch security {
    case .none, .established: true
    case .untried, .handshake, .failed: false
    }
  }

  var peer: String { socket.peer }

  /// Whether `readiness` is reason to read.
  func canRead(_ readiness: SocketWatcher.Readiness) -> Bool {
    readiness.contains(.readable) || (readNeedsWriting && readiness.contains(.writable))
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> OnRead {
    switch security {
    case .none, .failed:
      return OnRead(socket.read(into: buffer))
    case .untried(let tls):
      let start = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Preface.enough))
      let looked = socket.peek(into: start)
      guard case .bytes(let count) = looked else { return OnRead(looked) }
      // A TLS record of the kind handshake (RFC 8446, 5.1), or something else.
      guard buffer[0] == 0x16 else {
        security = .failed
        return .plaintext(Preface.guess(from: Array(buffer[..<count])))
      }
      security = .handshake(tls)
      return read(through: tls, into: buffer)
    case .handshake(let tls), .established(let tls):
      return read(through: tls, into: buffer)
    }
  }

  private func read(
    through tls: TLSSession, into buffer: UnsafeMutableRawBufferPointer
  ) -> OnRead {
    readNeedsWriting = false
    let result = tls.read(into: buffer)
    if !isEstablished, tls.isEstablished { security = .established(tls) }
    switch result {
    case .bytes(let count): return .bytes(count)
    case .nothing: return .nothing
    case .end: return .end
    case .blocked:
      readNeedsWriting = true
      return .nothing
    case .failed(let failure):
      guard !isEstablished || Self.isOfHandshake(failure.reason) else {
        return .failed(failure.text)
      }
      security = .failed
      return .refused(failure)
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> TCPConnection.OnWrite {
    switch security {
    case .none, .failed:
      return socket.write(bytes)
    case .untried(let tls), .handshake(let tls), .established(let tls):
      switch tls.write(bytes) {
      case .bytes(let count): return .bytes(count)
      case .failed(let failure): return .failed(failure.text)
      }
    }
  }

  func watch(_ interest: SocketWatcher.Readiness) {
    socket.watch(readNeedsWriting ? interest.union(.writable) : interest)
  }

  func shutOutput() {
    switch security {
    case .none, .failed: break
    case .untried(let tls), .handshake(let tls), .established(let tls): tls.shutOutput()
    }
    socket.shutOutput()
  }

  /// A client of TLS 1.3 refuses the server's certificate only after the handshake is done for the
  /// server.
  private static func isOfHandshake(_ reason: TLSFailure.Reason) -> Bool {
    reason == .serverCertificateRejected
  }
}

extension ByteStream.OnRead {
  fileprivate init(_ result: TCPConnection.OnRead) {
    switch result {
    case .bytes(let count): self = .bytes(count)
    case .nothing: self = .nothing
    case .end: self = .end
    case .failed(let reason): self = .failed(reason)
    }
  }
}
