package import Scaling

/// What somebody, or another replica, wants of overrides.
package struct OverrideCall: Sendable {
  package enum Action: Hashable, Sendable {
    /// Everything, or what is known of one policy.
    case list(ResourceName?)
    /// Sets one, as the body says.
    case set(ResourceName)
    /// Ends one by its id, or all of a policy.
    case end(ResourceName, id: String?)
    /// Takes what another replica knows.
    case learn
  }

  package var action: Action
  package var body: [UInt8]
  /// Which replica asks; nil for a call that comes from outside.
  package var forwarder: String?
  /// For a terminal and not for a program.
  package var prefersText: Bool

  package init(
    _ action: Action, body: [UInt8] = [], forwarder: String? = nil, prefersText: Bool = false
  ) {
    self.action = action
    self.body = body
    self.forwarder = forwarder
    self.prefersText = prefersText
  }
}

package enum OverrideAnswer: Hashable, Sendable {
  /// A JSON object.
  case json(status: Int, [UInt8])
  case text(status: Int, String)
  /// Why not: one sentence.
  case refused(status: Int, String)
}
