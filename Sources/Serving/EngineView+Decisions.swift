internal import DataSources
internal import DecisionEngine
internal import EventLoop
internal import Scaling
internal import SidePort
internal import Time

/// One policy's decisions: now, before, and to come.
extension EngineView {
  /// How far ahead anything is worked out.
  private static let horizon = Duration.seconds(8 * 24 * 3600)

  func decision(
    _ name: ResourceName, _ question: DecisionQuestion
  ) -> SidePortContent.Answer<DecisionRecord> {
    answer(about: name) { detail in
      let now = WallClock.now()
      guard let at = question.at else { return .found(present(detail, question, at: now)) }
      return at <= now ? past(detail, at: at) : future(detail, at: at, from: now)
    }
  }

  func history(_ name: ResourceName, since: Instant?) -> SidePortContent.Answer<DecisionSequence> {
    answer(about: name) { detail in
      let now = WallClock.now()
      let start = max(detail.history.start ?? now, since ?? .distantPast)
      return .found(
        DecisionSequence(
          policy: detail.snapshot.policy, from: min(start, now), to: now, now: now,
          decisions: detail.history.decisions(since: since ?? .distantPast)))
    }
  }

  func projection(
    _ name: ResourceName, within time: Duration
  ) -> SidePortContent.Answer<DecisionSequence> {
    answer(about: name) { detail in
      let now = WallClock.now()
      let projection = projection(of: detail.snapshot, until: now.advanced(by: time))
      let outlook = projection.outlook(until: now.advanced(by: time))
      let until = min(now.advanced(by: time), max(outlook.knownUntil ?? .distantFuture, now))
      return .found(
        DecisionSequence(
          policy: detail.snapshot.policy, from: now, to: until, now: now,
          decisions: outlook.decisions, knownUntil: outlook.knownUntil))
    }
  }

  // MARK: Moments

  private func present(
    _ detail: PolicyDetail, _ question: DecisionQuestion, at now: Instant
  ) -> DecisionRecord {
    let snapshot = detail.snapshot
    var record = record(of: snapshot, snapshot.decision, at: now)
    record.nextChange = nextChange(of: snapshot)
    let longest = question.leadTimes.max() ?? .zero
    let doubled = Duration.milliseconds(snapshot.policy.leadTime.milliseconds) * 2
    record.whatIfs = WhatIf.all(
      for: snapshot.policy,
      readings: snapshot.readings(
        from: now, until: now, leadTime: max(longest, doubled), zones: zones),
      memory: snapshot.decision.memory, leadTimes: question.leadTimes, at: now)
    record.sources = detail.sources.map { SourceRecord($0) }
    return record
  }

  private func past(
    _ detail: PolicyDetail, at instant: Instant
  ) -> SidePortContent.Answer<DecisionRecord> {
    guard let decision = detail.history.decision(at: instant) else {
      let start = detail.history.start.map { "begins at \($0.rfc3339)" } ?? "is still empty"
      return .unknowable(
        "the history of \(detail.snapshot.policy.name) \(start), after \(instant.rfc3339)")
    }
    var record = record(of: detail.snapshot, decision, at: decision.at)
    record.moment = .past
    return .found(record)
  }

  private func future(
    _ detail: PolicyDetail, at instant: Instant, from now: Instant
  ) -> SidePortContent.Answer<DecisionRecord> {
    guard now.duration(to: instant) <= Self.horizon else {
      return .unknowable(
        "\(instant.rfc3339) is more than 8d ahead; headstart plan shows what schedules will ask for"
      )
    }
    let projection = projection(of: detail.snapshot, until: instant)
    if let end = projection.knownUntil, end <= instant {
      return .unknowable(
        "what \(detail.snapshot.policy.name) will ask for is not known beyond \(end.rfc3339),"
          + " where its forecast ends")
    }
    let decision = projection.decision(at: instant)
    var record = record(of: detail.snapshot, decision, at: instant)
    record.moment = .future
    return .found(record)
  }

  private func record(
    of snapshot: PolicySnapshot, _ decision: Decision, at now: Instant
  ) -> DecisionRecord {
    DecisionRecord(
      policy: snapshot.policy, decision: decision, explanation: decision.explanation(at: now),
      bindings: snapshot.scaledObjects.count)
  }

  private func projection(of snapshot: PolicySnapshot, until: Instant) -> Projection {
    Projection(
      of: snapshot.policy, decision: snapshot.decision,
      readings: snapshot.readings(from: snapshot.decision.at, until: until, zones: zones))
  }

  // MARK: Looking up

  func answer<Value: Sendable>(
    about name: ResourceName, _ body: (PolicyDetail) -> SidePortContent.Answer<Value>
  ) -> SidePortContent.Answer<Value> {
    let found = engine.loop.call(within: Self.patience) { [engine] in
      engine.assumeIsolated { $0.detail(named: name) }
    }
    guard let found else { return .noAnswer }
    guard let detail = found else {
      let all = engine.loop.call(within: Self.patience) { [engine] in
        engine.assumeIsolated { $0.policyNames() }
      }
      return .unknowable(name.unknownPolicy(among: all ?? []))
    }
    return body(detail)
  }
}

extension SourceRecord {
  init(_ source: SourceStatus) {
    self.init(
      name: "\(source.key.name)", kind: source.key.kind.rawValue, state: source.state.rawValue,
      lastSuccess: source.lastSuccess, lastError: source.lastError)
  }
}
