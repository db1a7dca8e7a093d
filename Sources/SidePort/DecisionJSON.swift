internal import Scaling
internal import Telemetry
internal import Time

/// The JSON of policies and decisions. Times are RFC 3339 in UTC, null where there is none.
enum DecisionJSON {
  /// The fields of one entry of `/api/v1/policies`.
  static func write(_ summary: PolicySummary, to json: inout JSONWriter) {
    let decision = summary.decision
    writeName(summary.policy.name, to: &json)
    writeOutcome(decision, to: &json)
    json.field("state", PolicyState(of: decision).rawValue)
    json.field("explanation", decision.explanation(at: summary.now))
    json.field("winner", winner(of: decision))
    json.field("at", time(decision.at))
    writeNextChange(summary.nextChange, to: &json)
    json.field("bindings", summary.bindings)
    json.field(array: "signals") { json in
      for contribution in decision.contributions {
        json.object { json in
          writeHead(of: contribution, to: &json)
          json.field("observed", contribution.isObserved)
        }
      }
    }
    let namespace = summary.policy.name.namespace ?? Router.noNamespace
    let name = RequestPath.encoded(summary.policy.name.name)
    json.field("decision", "/api/v1/decisions/\(RequestPath.encoded(namespace))/\(name)")
  }

  /// The fields of a decision record.
  static func write(_ record: DecisionRecord, to json: inout JSONWriter) {
    let decision = record.decision
    writeName(record.policy.name, to: &json)
    writeOutcome(decision, to: &json)
    json.field("explanation", record.explanation)
    json.field("at", time(decision.at))
    json.field("validUntil", time(decision.validUntil))
    writeNextChange(record.nextChange, to: &json)
    json.field("leadTime", record.policy.leadTime.roundedText)
    json.field("hold", record.policy.hold.text)
    json.field(object: "limits") { json in
      json.field("minReplicas", record.policy.limits.minReplicas)
      json.field("maxReplicas", record.policy.limits.maxReplicas)
    }
    json.field("bindings", record.bindings)
    json.field("winner", winner(of: decision))
    writeLimits(of: decision, to: &json)
    json.field(array: "contributions") { json in
      for contribution in decision.contributions {
        json.object { write(contribution, at: decision.at, to: &$0) }
      }
    }
    json.field("moment", record.moment.rawValue)
    json.field(array: "whatIf") { json in
      for whatIf in record.whatIfs { json.object { write(whatIf, to: &$0) } }
    }
    json.field(array: "between") { json in
      for obstacle in ReplicaPath(of: record).obstacles {
        json.object { json in
          json.field("what", obstacle.kind.rawValue)
          json.field("sentence", obstacle.sentence)
          guard let tolerated = obstacle.tolerated else { return }
          json.field("from", tolerated.lowerBound)
          json.field("to", tolerated.upperBound)
        }
      }
    }
    json.field(array: "sources") { json in
      for source in record.sources { json.object { write(source, at: decision.at, to: &$0) } }
    }
  }

  /// The fields of a history or a projection.
  static func write(_ sequence: DecisionSequence, to json: inout JSONWriter) {
    writeName(sequence.policy.name, to: &json)
    json.field("from", time(sequence.from))
    json.field("to", time(sequence.to))
    json.field("now", time(sequence.now))
    json.field("knownUntil", sequence.knownUntil.flatMap(time))
    json.field("leadTime", sequence.policy.leadTime.roundedText)
    json.field(array: "decisions") { json in
      for decision in sequence.decisions { json.object { writeEntry(decision, to: &$0) } }
    }
  }

  /// The answers alone: pairs of milliseconds since 1970 and replicas, null where there was none.
  static func writeOutline(
    past: DecisionSequence, future: DecisionSequence, to json: inout JSONWriter
  ) {
    json.field("now", past.now.milliseconds)
    json.field("from", past.from.milliseconds)
    json.field("to", future.to.milliseconds)
    json.field(array: "points") { json in
      var last: Int??
      for decision in past.decisions + future.decisions where last != .some(decision.replicas) {
        last = .some(decision.replicas)
        json.array { json in
          json.element(decision.at.milliseconds)
          if let replicas = decision.replicas { json.element(replicas) } else { json.elementNull() }
        }
      }
    }
  }

  private static func writeEntry(_ decision: Decision, to json: inout JSONWriter) {
    json.field("at", time(decision.at))
    writeOutcome(decision, to: &json)
    json.field("explanation", decision.explanation(at: decision.at))
    json.field("winner", winner(of: decision))
    writeLimits(of: decision, to: &json)
    json.field(array: "contributions") { json in
      for contribution in decision.contributions {
        json.object { json in
          writeHead(of: contribution, to: &json)
          json.field("peak", contribution.peak.flatMap(time))
          json.field("value", contribution.value)
          json.field("rule", contribution.rule)
          json.field("problem", contribution.problem)
          json.field("observed", contribution.isObserved)
        }
      }
    }
  }

  // MARK: Parts

  private static func writeName(_ name: ResourceName, to json: inout JSONWriter) {
    json.field("namespace", name.namespace)
    json.field("name", name.name)
  }

  private static func writeOutcome(_ decision: Decision, to json: inout JSONWriter) {
    json.field("desiredReplicas", decision.replicas)
    json.field("active", decision.active)
    switch decision.outcome {
    case .replicas:
      json.field("available", true)
      json.fieldNull("reason")
    case .unavailable(let reason):
      json.field("available", false)
      json.field("reason", reason)
    }
  }

  private static func writeNextChange(_ change: NextChange?, to json: inout JSONWriter) {
    guard let change else {
      json.fieldNull("nextChange")
      return
    }
    json.field(object: "nextChange") { json in
      json.field("at", time(change.at))
      json.field("replicas", change.replicas)
    }
  }

  private static func writeLimits(of decision: Decision, to json: inout JSONWriter) {
    json.field(array: "appliedLimits") { json in
      for limit in decision.appliedLimits { json.object { write(limit, to: &$0) } }
    }
  }

  private static func write(_ limit: Decision.AppliedLimit, to json: inout JSONWriter) {
    switch limit {
    case .increase(let increase):
      json.field("limit", "increase")
      json.field("replicas", increase.replicas)
      json.field("signal", increase.signal)
      json.field("rule", increase.rule)
      json.field("by", increase.by.text)
      json.field("asker", increase.asker)
      json.field("asked", increase.asked)
      json.field("at", time(increase.at))
    case .cap(let signal, let rule, let replicas):
      json.field("limit", "cap")
      json.field("replicas", replicas)
      json.field("signal", signal)
      json.field("rule", rule)
    case .lastAnswer(let replicas):
      json.field("limit", "lastAnswer")
      json.field("replicas", replicas)
    case .activity(let replicas, let cause, let since, let until):
      json.field("limit", "activity")
      json.field("replicas", replicas)
      json.field("cause", name(of: cause))
      json.field("since", time(since))
      json.field("until", until.flatMap(time))
    case .override(let bounds, let until, let reason):
      json.field("limit", "override")
      json.field("replicas", bounds.lower ?? bounds.upper)
      json.field("atLeast", bounds.lower)
      json.field("atMost", bounds.upper)
      json.field("until", time(until))
      json.field("reason", reason)
    case .minReplicas(let replicas):
      json.field("limit", "minReplicas")
      json.field("replicas", replicas)
    case .maxReplicas(let replicas):
      json.field("limit", "maxReplicas")
      json.field("replicas", replicas)
    }
  }

  private static func name(of cause: Decision.Activity.Cause) -> String {
    switch cause {
    case .firstSeen: "firstSeen"
    case .active: "active"
    case .wakeUp: "wakeUp"
    case .outsidePeriod: "outsidePeriod"
    }
  }

  /// What lists, histories and records say of a contribution alike, in this order.
  private static func writeHead(of contribution: Contribution, to json: inout JSONWriter) {
    json.field("signal", contribution.signal)
    json.field("kind", contribution.kind.rawValue)
    json.field("state", contribution.state.rawValue)
    json.field("replicas", contribution.replicas)
  }

  private static func write(
    _ contribution: Contribution, at now: Instant, to json: inout JSONWriter
  ) {
    writeHead(of: contribution, to: &json)
    json.field("peak", contribution.peak.flatMap(time))
    json.field("value", contribution.value)
    json.field("dataTime", contribution.dataTime.flatMap(time))
    json.field("ageSeconds", contribution.dataTime.map { $0.duration(to: now).inSeconds })
    json.field("lostSince", contribution.lostSince.flatMap(time))
    json.field("origin", contribution.origin?.text)
    json.field("rule", contribution.rule)
    json.field("problem", contribution.problem)
    json.field("observed", contribution.isObserved)
    if let forecast = contribution.forecast {
      json.field(object: "forecast") { json in
        json.field("quantile", forecast.quantile)
        json.field("expected", forecast.steps.first?.expected)
        json.field("atMost", forecast.steps.first?.atMost)
        ForecastJSON.write(forecast, to: &json)
      }
    } else {
      json.fieldNull("forecast")
    }
  }

  private static func write(_ whatIf: WhatIf, to json: inout JSONWriter) {
    json.field("change", whatIf.sentence)
    switch whatIf.change {
    case .withoutSignal(let signal): json.field("withoutSignal", signal)
    case .leadTime(let leadTime): json.field("leadTime", leadTime.roundedText)
    }
    switch whatIf.outcome {
    case .replicas(let count):
      json.field("replicas", count)
    case .unavailable(let reason):
      json.fieldNull("replicas")
      json.field("reason", reason)
    }
  }

  static func write(
    _ source: SourceRecord, at now: Instant, to json: inout JSONWriter
  ) {
    json.field("name", source.name)
    json.field("kind", source.kind)
    json.field("state", source.state)
    json.field("lastSuccess", source.lastSuccess.flatMap(time))
    json.field("ageSeconds", source.lastSuccess.map { max($0.duration(to: now), .zero).inSeconds })
    json.field("lastError", source.lastError)
  }

  private static func winner(of decision: Decision) -> String? {
    guard let index = decision.winner, decision.contributions.indices.contains(index) else {
      return nil
    }
    return decision.contributions[index].signal
  }

  /// Nil for the ends of time, which mean never.
  private static func time(_ instant: Instant) -> String? {
    guard instant != .distantPast, instant != .distantFuture else { return nil }
    return instant.rfc3339Milliseconds
  }
}
