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

  private let socket: TCPConnection
  private let tls: TLSSession?
  /// The handshake is done, or there is none.
  private(set) var isEstablished: Bool
  /// TLS is over; what still comes is read past it.
  private var isDeaf = false
  private var hasLooked = false
  /// TLS must write before it can read on.
  private var readNeedsWriting = false

  /// Fails when memory has run out.
  init?(_ socket: TCPConnection, securedBy context: TLSContext?) {
    self.socket = socket
    isEstablished = context == nil
    guard let context else {
      tls = nil
      return
    }
    guard let tls = TLSSession(context, socket: socket.descriptor) else { return nil }
    self.tls = tls
  }

  var peer: String { socket.peer }

  /// Whether `readiness` is reason to read.
  func canRead(_ readiness: SocketWatcher.Readiness) -> Bool {
    readiness.contains(.readable) || (readNeedsWriting && readiness.contains(.writable))
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> OnRead {
    guard let tls, !isDeaf else { return OnRead(socket.read(into: buffer)) }
    if !hasLooked {
      let start = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Preface.enough))
      let looked = socket.peek(into: start)
      guard case .bytes(let count) = looked else { return OnRead(looked) }
      hasLooked = true
      // A TLS record of the kind handshake (RFC 8446, 5.1), or something else.
      if buffer[0] != 0x16 {
        isDeaf = true
        return .plaintext(Preface.guess(from: Array(buffer[..<count])))
      }
    }
    readNeedsWriting = false
    let result = tls.read(into: buffer)
    isEstablished = tls.isEstablished
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
      isDeaf = true
      return .refused(failure)
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> TCPConnection.OnWrite {
    guard let tls, !isDeaf else { return socket.write(bytes) }
    switch tls.write(bytes) {
    case .bytes(let count): return .bytes(count)
    case .failed(let failure): return .failed(failure.text)
    }
  }

  func watch(_ interest: SocketWatcher.Readiness) {
    socket.watch(readNeedsWriting ? interest.union(.writable) : interest)
  }

  func shutOutput() {
    if !isDeaf { tls?.shutOutput() }
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
