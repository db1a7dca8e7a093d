package import GRPCWire

/// What a server has done since its start, summed over its workers.
package struct HTTP2Statistics: Sendable, Equatable {
  package typealias CloseReason = ConnectionCloseReason

  package var connectionsAccepted = 0
  package var connectionsOpen = 0
  package var connectionsClosed: [ConnectionCloseReason: Int] = [:]
  package var acceptFailures = 0
  package var streamsOpened = 0
  package var streamsOpen = 0
  /// Calls that never reached the service: wrong method, content type, path, encoding.
  package var callsRefused = 0
  package var bytesReceived = 0
  package var bytesSent = 0

  package init() {}
}
