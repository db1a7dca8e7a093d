package import GRPCWire
package import TLS

/// What a server has done since its start, summed over its workers.
package struct HTTP2Statistics: Sendable, Equatable {
  package typealias CloseReason = ConnectionCloseReason

  package var connectionsAccepted = 0
  package var connectionsOpen = 0
  package var connectionsClosed: [ConnectionCloseReason: Int] = [:]
  package var acceptFailures = 0
  /// Connections that were closed at once, because there were too many.
  package var connectionsRefused = 0
  /// Calls that were ended because the client did not read their answers.
  package var streamsStalled = 0
  /// Connections that could not be secured.
  package var handshakeFailures: [TLSFailure.Reason: Int] = [:]
  package var streamsOpened = 0
  package var streamsOpen = 0
  /// What calls have taken of the memory for all of them, in bytes.
  package var callMemory = 0
  /// How often a client ran into a limit.
  package var limitsExceeded: [ServerLimit: Int] = [:]
  /// Calls that never reached the service: wrong method, content type, path, encoding.
  package var callsRefused = 0
  package var bytesReceived = 0
  package var bytesSent = 0

  package init() {}
}
