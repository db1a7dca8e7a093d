/// One RPC of one worker: never used again for another RPC of that worker.
package struct RPCID: Hashable, Sendable {
  /// Counts the connections of the worker.
  let connection: UInt64
  /// Where the connection is found in the worker's table.
  let index: Int
  /// The HTTP/2 stream on that connection.
  let stream: Int32

  /// An id of no server, so that services are tested without sockets.
  package init(connection: UInt64, stream: Int32) {
    self.init(connection: connection, index: 0, stream: stream)
  }

  init(connection: UInt64, index: Int, stream: Int32) {
    self.connection = connection
    self.index = index
    self.stream = stream
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.connection == right.connection && left.stream == right.stream
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(connection)
    hasher.combine(stream)
  }
}
