internal import Time

extension PrometheusSignal {
  /// The replicas that a value asks for: `ceil(value / threshold)`, and 0 for a value at or below
  /// `activationThreshold` or 0. A switched signal asks for all or nothing.
  ///
  /// KEDA and the Horizontal Pod Autoscaler count in thousandths, and so does this: the value is
  /// cut and the threshold is rounded (design section 1). A value above `activationThreshold` asks
  /// for at least one replica. No more than the 2,147,483,647 that Kubernetes can count.
  package func replicas(for value: Double) -> Int {
    if let switchedTo { return isActive(at: value) ? switchedTo : 0 }
    guard value > activationThreshold, value > 0 else { return 0 }
    // A value such as 0.30000000000000004 or 0.5799999999999999 is the thousandth that it is within
    // 1e-9 of.
    let load = (value * 1000 + 1e-6).rounded(.down)
    let perReplica = (threshold * 1000).rounded()
    // A threshold that rounds to nothing is taken as it is.
    let quotient = perReplica > 0 ? load / perReplica : value / threshold
    let replicas = max(quotient.rounded(.up), 1)
    return replicas < Double(Int32.max) ? Int(replicas) : Int(Int32.max)
  }

  /// At the threshold and above; and at -1, KubeElasti's sign for a value that it does not have,
  /// with which it never takes a workload to zero.
  private func isActive(at value: Double) -> Bool {
    value >= threshold || value == -1
  }

  /// Whether a value can be a load. Below zero is how exporters say that they do not know one; a
  /// switched signal has KubeElasti's meaning of it.
  fileprivate func isLoad(_ value: Double) -> Bool {
    value.isFinite && (value >= 0 || switchedTo != nil)
  }
}

extension SignalAssessment {
  /// What a query's readings say: its value is fresh while the latest attempt was answered whole.
  ///
  /// With an uptime filter it may ask for zero only while the target is known to have been up, and
  /// with evidence a value may fall only while the data behind it is whole (design, section 1);
  /// otherwise a workload whose metrics are lost would look idle.
  ///
  /// - Parameter memory: what the signal asked last, below which a value is a fall.
  init(
    prometheus signal: PrometheusSignal, reading: Reading?, uptime: Reading?, evidence: Reading?,
    memory: SignalMemory?, window: LeadWindow, changes: inout NextChange
  ) {
    guard let reading else {
      self = .unread(nil)
      return
    }
    self.init(query: signal, reading: reading)
    // Another query's value and evidence are no measure for this one's.
    let memory = memory?.definition == nil ? memory : nil
    self.evidence = Self.evidence(evidence, of: signal, after: memory?.evidence)
    guard case .fresh(.constant(let replicas)) = knowledge else { return }
    if replicas == 0, signal.uptimeFilter != nil,
      let doubt = Self.doubt(uptime, isFall: memory?.replicas != 0, readAt: readAt)
    {
      knowledge = .lost(nil)
      problem = doubt
      return
    }
    if signal.evidence != nil {
      weigh(
        against: memory, failure: evidence?.failure, settles: signal.evidenceSettles,
        now: window.from, changes: &changes)
    }
  }

  /// The query's own reading.
  private init(query signal: PrometheusSignal, reading: Reading) {
    if let failure = reading.failure {
      let last = Self.load(of: reading, signal)
      self.init(
        knowledge: Self.knowledge(failure, last: last, signal), value: last,
        dataTime: reading.obtainedAt, readAt: reading.obtainedAt, problem: failure.message,
        failingSince: failure.since)
      if case .partial(let bound?) = failure.kind, signal.isLoad(bound) { value = bound }
      return
    }
    guard case .sample(let value)? = reading.value, value.isFinite else {
      self = .unread(reading)
      return
    }
    guard signal.isLoad(value) else {
      self.init(
        knowledge: .lost(nil), value: value, dataTime: reading.obtainedAt,
        readAt: reading.obtainedAt,
        problem: "the value is \(value), and no load is below zero: if 0 is meant, write"
          + " clamp_min(…, 0) around the query")
      return
    }
    self.init(
      knowledge: .fresh(.constant(signal.replicas(for: value))), value: value,
      dataTime: reading.obtainedAt, readAt: reading.obtainedAt)
  }

  private static func load(of reading: Reading, _ signal: PrometheusSignal) -> Double? {
    guard case .sample(let value)? = reading.value, signal.isLoad(value) else { return nil }
    return value
  }

  private static func knowledge(
    _ failure: Reading.Failure, last: Double?, _ signal: PrometheusSignal
  ) -> Knowledge {
    switch failure.kind {
    case .silent, .learning:
      return .silent
    case .partial(let bound?) where signal.isLoad(bound):
      return .atLeast(signal.replicas(for: bound))
    case .partial, .invalid, .outside, .lost:
      return .lost(last.map { .constant(signal.replicas(for: $0)) })
    }
  }

  /// Why a zero is not trusted; nil when it is.
  ///
  /// Between the two queries the target may go down, and its metrics with it: only what is read of
  /// it afterwards says that it was up when the zero was read.
  ///
  /// - Parameters:
  ///   - isFall: whether the signal asked for more before.
  ///   - instant: when the zero was read.
  private static func doubt(
    _ uptime: Reading?, isFall: Bool, readAt instant: Instant?
  ) -> String? {
    let mayNot = "it may not ask for zero, because the uptime query"
    if let failure = uptime?.failure { return "\(mayNot) fails: \(failure.message)" }
    guard let uptime, case .sample(let value)? = uptime.value else {
      return "\(mayNot) has not been read yet"
    }
    guard value == 1 else { return "\(mayNot) is \(value) and not 1" }
    if isFall, let instant, let uptimeReadAt = uptime.obtainedAt, uptimeReadAt < instant {
      return "\(mayNot) has yet to be read after it"
    }
    return nil
  }

  /// The evidence as it is known now. It is followed while the value is lost, too.
  private static func evidence(
    _ reading: Reading?, of signal: PrometheusSignal, after memory: EvidenceMemory?
  ) -> EvidenceMemory? {
    guard signal.evidence != nil else { return memory }
    guard let reading, reading.failure == nil, case .sample(let level)? = reading.value,
      level.isFinite, let readAt = reading.obtainedAt
    else {
      // While it is not read, in an outage or over a restart, targets may vanish; the first value after
      // that may have been read while they return.
      var unread = memory
      unread?.isFollowed = false
      return unread
    }
    guard readAt > memory?.readAt ?? .distantPast else { return memory }
    return .after(memory, level: level, readAt: readAt)
  }

  /// Takes the value, or calls it lost when it is a fall that the evidence does not allow.
  private mutating func weigh(
    against memory: SignalMemory?, failure: Reading.Failure?, settles: Duration, now: Instant,
    changes: inout NextChange
  ) {
    guard let value, value < memory?.value ?? -Double.infinity else {
      evidence?.take(settles: settles, at: now)
      return
    }
    guard let judge = evidence, let readAt, failure == nil else {
      knowledge = .lost(nil)
      problem =
        "the value fell to \(value), and the evidence cannot be read: "
        + (failure?.message ?? "it has not been read yet")
      return
    }
    guard judge.allowsFall(readAt: readAt, settles: settles, at: now) else {
      changes.note(judge.levelSince.advanced(by: settles))
      knowledge = .lost(nil)
      problem = Self.reason(for: judge, value: value, readAt: readAt, settles: settles)
      return
    }
    evidence?.take(settles: settles, at: now)
  }

  private static func reason(
    for evidence: EvidenceMemory, value: Double, readAt: Instant, settles: Duration
  ) -> String {
    guard evidence.readAt >= readAt else {
      return "the value fell to \(value), and its evidence has yet to be read after it"
    }
    guard let taken = evidence.taken, evidence.level < taken else {
      return "the value fell to \(value), and its evidence was not whole, or not read, before it"
    }
    return "the value fell to \(value) while its evidence fell from \(taken) to"
      + " \(evidence.level); it counts when the evidence is back, or at"
      + " \(evidence.levelSince.advanced(by: settles).rfc3339)"
  }
}
