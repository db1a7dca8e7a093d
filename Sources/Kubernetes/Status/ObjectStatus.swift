internal import Scaling
package import Time

/// The status that an object should have. Pure.
package struct ObjectStatus {
  /// The members that are Headstart's, in order; null for one that should not be there.
  let members: [JSONValue.Member]
  /// Written beside a change, and no reason to write: they differ every time.
  private let times: [JSONValue.Member]
  let accepted: Condition

  /// What the answer will be next, and when.
  package struct NextChange: Hashable, Sendable {
    package var at: Instant
    package var replicas: Int?

    package init(at: Instant, replicas: Int?) {
      self.at = at
      self.replicas = replicas
    }
  }

  /// In bytes, of a condition's message; Kubernetes allows 32 KiB.
  private static let messageLimit = 2000

  /// - Parameter previous: The status as it stands, from which times of transition are kept, and
  ///   conditions that are not Headstart's.
  init(
    of review: ObjectReview, facts: ObjectFacts, nextChange: NextChange?, previous: JSONValue?,
    now: Instant
  ) {
    let conditions = Self.conditions(of: review, facts)
    accepted = conditions[0]
    let existing = previous?["conditions"]?.elements ?? []
    let own = Set(Condition.Kind.allCases.map(\.rawValue))
    let foreign = existing.filter { !own.contains($0["type"]?.text ?? "") }
    let written = conditions.map { condition in
      condition.json(
        after: existing.first { $0["type"]?.text == condition.kind.rawValue },
        generation: review.generation, now: now)
    }
    var members = [
      JSONValue.Member("observedGeneration", .integer(review.generation)),
      JSONValue.Member("conditions", .array(written + foreign)),
    ]
    if let current = facts.currentReplicas {
      members.append(JSONValue.Member("currentReplicas", .integer(current)))
    }
    if facts.source == nil {
      let decision = review.isInForce ? facts.decision : nil
      members += [
        JSONValue.Member("desiredReplicas", decision?.replicas.map { .integer($0) } ?? .null),
        JSONValue.Member("winningSignal", decision?.winner.map { .string($0) } ?? .null),
        JSONValue.Member(
          "nextChange",
          (review.isInForce ? nextChange : nil).map { change in
            var json: JSONValue = ["time": .time(change.at)]
            json.set("replicas", change.replicas.map { .integer($0) })
            return json
          } ?? .null),
      ]
    }
    if let scaling = facts.lastScaling {
      members.append(JSONValue.Member("lastScalingTime", .time(scaling)))
    }
    self.members = members + Self.foreignMembers(of: review, facts)
    // KubeElasti's own schema has it, and drops our conditions.
    times =
      review.reference.kind == "ElastiService"
      ? [JSONValue.Member("lastReconciledTime", .time(now))] : []
  }

  /// What the schemas of KubeElasti and EasyScale have, and their tools read.
  private static func foreignMembers(
    of review: ObjectReview, _ facts: ObjectFacts
  ) -> [JSONValue.Member] {
    switch review.reference.kind {
    case "ElastiService":
      var members: [JSONValue.Member] = []
      // Requests have to be held while nothing runs.
      if review.isInForce, let isUp = facts.isUp {
        members.append(JSONValue.Member("mode", .string(isUp ? "serve" : "proxy")))
      }
      if let time = facts.lastScalingUp {
        members.append(JSONValue.Member("lastScaledUpTime", .time(time)))
      }
      return members
    case "ScalingRule":
      let rule = review.isInForce ? facts.decision?.rule : nil
      return [JSONValue.Member("lastAppliedRule", rule.map { .string($0) } ?? .null)]
    default:
      return []
    }
  }

  /// The merge patch that makes `status` what it should be; nil when it is.
  func patch(from status: JSONValue?) -> JSONValue? {
    let changed = members.filter { (status?[$0.key] ?? .null) != $0.value }
    return changed.isEmpty ? nil : ["status": .object(changed + times)]
  }

  // MARK: Conditions

  private static func conditions(of review: ObjectReview, _ facts: ObjectFacts) -> [Condition] {
    let accepted = accepted(review)
    guard review.isInForce else {
      let message = "Nothing of it is in force."
      return [
        accepted,
        Condition(kind: .ready, truth: .no, reason: "NotAccepted", message: message),
        Condition(kind: .active, truth: .no, reason: "NotAccepted", message: message),
      ]
    }
    if review.reference.kind == "Calendar" { return [accepted, calendarCondition(review)] }
    if review.reference.kind == "DataSource" { return [accepted] + sourceConditions(facts.source) }
    var conditions = policyConditions(facts.decision)
    if let problem = scalingProblem(facts.scaling) { conditions[0] = problem }
    return [accepted] + conditions
  }

  /// Why the policy does not do what it is there for, though it decides; nil when it does.
  private static func scalingProblem(_ scaling: ScalingSummary?) -> Condition? {
    let (reason, sentence): (String, String)
    switch scaling {
    case nil, .inOrder: return nil
    case .missing(let what): (reason, sentence) = ("TargetMissing", what)
    case .refused(let what): (reason, sentence) = ("ScalingRefused", what)
    case .failing(let what): (reason, sentence) = ("ScalingFailed", what)
    case .contested(let what): (reason, sentence) = ("ScalingUndone", what)
    }
    return Condition(kind: .ready, truth: .no, reason: reason, message: joined([sentence]))
  }

  /// What reading it has found is warnings about the object.
  private static func calendarCondition(_ review: ObjectReview) -> Condition {
    review.warnings.isEmpty
      ? Condition(kind: .ready, truth: .yes, reason: "Read", message: "The calendar is read.")
      : Condition(
        kind: .ready, truth: .no, reason: "Findings", message: joined(review.warnings))
  }

  private static func accepted(_ review: ObjectReview) -> Condition {
    guard review.errors.isEmpty else {
      let held = review.isHeld ? " (the last good version stays in force)" : ""
      return Condition(
        kind: .accepted, truth: .no, reason: "Invalid", message: joined(review.errors) + held)
    }
    guard review.warnings.isEmpty else {
      return Condition(
        kind: .accepted, truth: .yes, reason: "AcceptedWithWarnings",
        message: joined(review.warnings))
    }
    return Condition(
      kind: .accepted, truth: .yes, reason: "Accepted", message: "The spec is in force.")
  }

  private static func policyConditions(_ decision: DecisionSummary?) -> [Condition] {
    guard let decision else {
      let message = "Nothing has been decided yet."
      return [
        Condition(kind: .ready, truth: .unknown, reason: "Pending", message: message),
        Condition(kind: .active, truth: .unknown, reason: "Pending", message: message),
      ]
    }
    guard let replicas = decision.replicas else {
      let message = joined([decision.problem ?? "No number can be trusted."])
      return [
        Condition(kind: .ready, truth: .no, reason: "Unavailable", message: message),
        Condition(
          kind: .active, truth: .unknown, reason: "Unavailable",
          message: "It is not known how many replicas are needed."),
      ]
    }
    let ready =
      decision.missing.isEmpty
      ? Condition(
        kind: .ready, truth: .yes, reason: "Deciding", message: "Every signal has a reading.")
      : Condition(
        kind: .ready, truth: .yes, reason: "SignalMissing",
        message: joined(["Without a reading: " + decision.missing.joined(separator: ", ")]))
    let active =
      replicas > 0
      ? Condition(
        kind: .active, truth: .yes, reason: "ReplicasWanted",
        message: "At least one replica is asked for.")
      : Condition(
        kind: .active, truth: .no, reason: "Idle", message: "No replica is asked for.")
    return [ready, active]
  }

  private static func sourceConditions(_ source: SourceSummary?) -> [Condition] {
    let ready: Condition
    switch source?.state {
    case .answering:
      ready = Condition(
        kind: .ready, truth: .yes, reason: "Answering", message: "The source answers.")
    case .failing(let problem):
      ready = Condition(
        kind: .ready, truth: .no, reason: "Failing", message: joined([problem]))
    case .unknown, nil:
      ready = Condition(
        kind: .ready, truth: .unknown, reason: "Pending", message: "No answer has come yet.")
    }
    let isUsed = source?.isUsed ?? false
    return [
      ready,
      Condition(
        kind: .active, truth: .init(isUsed), reason: isUsed ? "InUse" : "Unused",
        message: isUsed ? "A policy reads it." : "No policy reads it."),
    ]
  }

  private static func joined(_ sentences: [String]) -> String {
    let text = sentences.joined(separator: "; ")
    guard text.utf8.count > messageLimit else { return text }
    return String(text.unicodeScalars.prefix(messageLimit / 4)) + "…"
  }
}
