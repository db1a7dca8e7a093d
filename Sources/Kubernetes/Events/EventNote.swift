/// What happened to an object, for `kubectl describe` and `kubectl get events`.
package struct EventNote: Hashable, Sendable {
  package enum Severity: String, Hashable, Sendable {
    case normal = "Normal"
    case warning = "Warning"
  }

  package var regarding: ObjectReference
  package var severity: Severity
  /// Why, as one word in CamelCase: `Scaled`, `Invalid`.
  package var reason: String
  /// What was done or tried, as one word in CamelCase: `Scale`, `Validate`.
  package var action: String
  /// One or two sentences for people.
  package var note: String

  package init(
    regarding: ObjectReference, severity: Severity = .normal, reason: String, action: String,
    note: String
  ) {
    self.regarding = regarding
    self.severity = severity
    self.reason = reason
    self.action = action
    self.note = note
  }
}
