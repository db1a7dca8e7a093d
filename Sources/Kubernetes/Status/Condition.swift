internal import Scaling
internal import Time

/// One condition of a status (Kubernetes API conventions, "Typical status properties").
struct Condition: Hashable {
  enum Kind: String, CaseIterable {
    /// The spec is in force as it stands.
    case accepted = "Accepted"
    /// It does what it is there for.
    case ready = "Ready"
    /// It asks for replicas; of a DataSource: a policy reads it.
    case active = "Active"
  }

  enum Truth: String {
    case yes = "True"
    case no = "False"
    case unknown = "Unknown"

    init(_ value: Bool) {
      self = value ? .yes : .no
    }
  }

  var kind: Kind
  var truth: Truth
  /// One word in CamelCase.
  var reason: String
  var message: String

  /// - Parameters:
  ///   - previous: The condition of that type as it stands: the time of the last transition is
  ///     kept while the truth stays the same.
  func json(after previous: JSONValue?, generation: Int, now: Instant) -> JSONValue {
    let unchanged = previous?["status"]?.text == truth.rawValue
    let since = unchanged ? previous?["lastTransitionTime"] : nil
    return [
      "type": .string(kind.rawValue), "status": .string(truth.rawValue),
      "observedGeneration": .integer(generation), "lastTransitionTime": since ?? .time(now),
      "reason": .string(reason), "message": .string(message),
    ]
  }
}

extension JSONValue {
  /// Kubernetes' Time: whole seconds.
  static func time(_ instant: Instant) -> JSONValue {
    let (_, rest) = instant.milliseconds.quotientAndRemainder(dividingBy: 1000)
    let fraction = rest < 0 ? rest + 1000 : rest
    return .string(Instant(milliseconds: instant.milliseconds - fraction).rfc3339)
  }
}
