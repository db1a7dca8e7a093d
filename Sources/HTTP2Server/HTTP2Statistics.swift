/// What a server has done since its start, summed over its workers.
package struct HTTP2Statistics: Sendable, Equatable {
  /// Why a connection was closed.
  package enum CloseReason: String, Sendable, CaseIterable {
    /// The client closed it.
    case peer
    /// The socket failed, for example because the client reset it.
    case failure
    /// What the client sent was not HTTP/2.
    case `protocol`
    /// The client sent nothing that opens an HTTP/2 connection in time.
    case handshake
    case idle
    case age
    case drain
    /// The drain's time was up before its calls were done.
    case drainTimeout = "drain_timeout"
  }

  package var connectionsAccepted = 0
  package var connectionsOpen = 0
  package var connectionsClosed: [CloseReason: Int] = [:]
  package var acceptFailures = 0
  package var streamsOpened = 0
  package var streamsOpen = 0
  /// Calls that never reached the service: wrong method, content type, path, encoding.
  package var callsRefused = 0
  package var bytesReceived = 0
  package var bytesSent = 0

  package init() {}
}
