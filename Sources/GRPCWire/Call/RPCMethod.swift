/// How many messages the two sides of an RPC exchange.
package enum RPCKind: Sendable, Equatable, CaseIterable {
  case unary
  case serverStreaming
  case bidirectionalStreaming
}

/// A method that a service answers.
package struct RPCMethod: Sendable, Equatable {
  /// The service's own number of the method; it comes back with every event of its RPCs.
  package var id: Int
  package var kind: RPCKind

  package init(id: Int, kind: RPCKind) {
    self.id = id
    self.kind = kind
  }
}
