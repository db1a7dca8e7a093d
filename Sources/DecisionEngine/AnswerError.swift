/// Why a ScaledObject has no answer.
package struct AnswerError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable, CaseIterable {
    /// The ScaledObject's reference or its trigger's metadata are invalid.
    case invalidReference
    /// The trigger names a time zone, and the machine has no time zone database.
    case noZones
    /// No policy matches.
    case noPolicy
    /// The policy that is named decides and shows, but answers no ScaledObject.
    case observedOnly
    /// More ScaledObjects ask than the engine keeps.
    case tooManyObjects
    /// A policy matches, but its signals have no value to decide from. It passes by itself.
    case noDecision
  }

  package let kind: Kind
  /// The sentence that KEDA shows in its event (C23).
  package let message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var description: String { message }
}
