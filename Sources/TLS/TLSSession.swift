internal import COpenSSL
internal import Glibc

/// The server's side of TLS on one connected, non-blocking socket. Owns the `SSL`, not the socket,
/// which must outlive it. Confined to one thread at a time.
///
/// The handshake is part of reading: whoever reads when the socket is readable, and again when it is
/// writable after `.blocked`, is led through it. OpenSSL reads one record at a time and keeps
/// nothing back from a buffer of 16 KiB or more, so that the socket's readiness is the session's.
///
/// The process must ignore SIGPIPE, which OpenSSL's writes can raise.
package final class TLSSession {
  package enum OnRead: Equatable {
    case bytes(Int)
    /// Nothing whole has arrived since.
    case nothing
    /// Reading goes on once the socket takes what TLS itself has to say.
    case blocked
    /// The peer sends no more.
    case end
    case failed(TLSFailure)
  }

  package enum OnWrite: Equatable {
    /// How many bytes were taken. Those that were not must be offered first the next time, and not
    /// fewer of them.
    case bytes(Int)
    case failed(TLSFailure)
  }

  private let session: OpaquePointer
  /// Set after a fatal error, after which OpenSSL must not be asked again.
  private var hasFailed = false

  /// Nil when memory has run out.
  package init?(_ context: TLSContext, socket: Int32) {
    guard let session = copenssl_accept(context.pointer, socket) else { return nil }
    self.session = session
  }

  deinit {
    SSL_free(session)
  }

  /// Whether the handshake is done.
  package var isEstablished: Bool { SSL_is_init_finished(session) == 1 }

  /// The version that was agreed on, such as `TLSv1.3`.
  package var version: String { String(cString: SSL_get_version(session)) }

  /// - Parameter buffer: 16 KiB or more.
  package func read(into buffer: UnsafeMutableRawBufferPointer) -> OnRead {
    guard !hasFailed else { return .end }
    let wasEstablished = isEstablished
    ERR_clear_error()
    errno = 0
    let count = SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
    if count > 0 { return .bytes(Int(count)) }
    switch SSL_get_error(session, count) {
    case SSL_ERROR_WANT_READ: return .nothing
    case SSL_ERROR_WANT_WRITE: return .blocked
    case SSL_ERROR_ZERO_RETURN: return .end
    case let code:
      let failure = failure(code, errno)
      // An end without close_notify: the length of every gRPC message is known without it.
      return wasEstablished && failure.reason == .closed ? .end : .failed(failure)
    }
  }

  /// To be called only when the session is established.
  package func write(_ bytes: UnsafeRawBufferPointer) -> OnWrite {
    guard !hasFailed else { return .failed(TLSFailure(.other, "the session has failed")) }
    var written = 0
    while written < bytes.count {
      ERR_clear_error()
      errno = 0
      let rest = bytes[written...]
      let count = SSL_write(
        session, bytes.baseAddress?.advanced(by: written), Int32(clamping: rest.count))
      guard count <= 0 else {
        written += Int(count)
        continue
      }
      switch SSL_get_error(session, count) {
      case SSL_ERROR_WANT_WRITE, SSL_ERROR_WANT_READ: return .bytes(written)
      case let code: return .failed(failure(code, errno))
      }
    }
    return .bytes(written)
  }

  /// Tells the peer that nothing more will come, if the socket takes it.
  package func shutOutput() {
    guard !hasFailed, isEstablished else { return }
    ERR_clear_error()
    SSL_shutdown(session)
  }

  private func failure(_ code: Int32, _ systemCode: Int32) -> TLSFailure {
    hasFailed = true
    defer { ERR_clear_error() }
    let last = ERR_peek_last_error()
    if code == SSL_ERROR_SYSCALL || last == 0 {
      // The socket failed or ended; 0 is an end of old versions of OpenSSL.
      let text = systemCode == 0 ? "the client closed it" : String(cString: strerror(systemCode))
      return TLSFailure(.closed, text)
    }
    return TLSFailure(code: last, of: session)
  }
}
