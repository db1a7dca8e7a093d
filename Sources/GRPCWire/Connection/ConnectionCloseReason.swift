/// Why a server closed a connection, as its metrics tell it.
package enum ConnectionCloseReason: String, Sendable, CaseIterable {
  /// The client closed it.
  case peer = "client"
  /// The socket failed, for example because the client reset it.
  case failure
  /// What the client sent broke HTTP/2, or was not HTTP/2 at all.
  case `protocol`
  /// The client sent more frames of a kind than it may.
  case flood
  /// TLS could not be agreed on.
  case tls
  /// The client did not open an HTTP/2 connection in time.
  case handshake
  /// The client took nothing of what was written for too long.
  case stalled
  /// It had no call for too long.
  case idle
  /// It had lived long enough.
  case age
  /// The server stops.
  case drain
  /// The server stops, and calls were not done in time.
  case drainTimeout = "drain_timeout"
}
