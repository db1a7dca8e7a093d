extension PrometheusSignal {
  /// The replicas that a value asks for: `ceil(value / threshold)`, and 0 for a value at or below
  /// `activationThreshold` or 0. A switched signal asks for all or nothing.
  ///
  /// The quotient is the nearest IEEE 754 double and is rounded up as it is: 0.3 / 0.1 is just
  /// below 3 and gives 3, 2.1 / 0.3 is just above 7 and gives 8. No more than the 2,147,483,647
  /// that Kubernetes can count.
  package func replicas(for value: Double) -> Int {
    if let switchedTo { return isActive(at: value) ? switchedTo : 0 }
    guard value > activationThreshold, value > 0 else { return 0 }
    let replicas = (value / threshold).rounded(.up)
    return replicas < Double(Int32.max) ? Int(replicas) : Int(Int32.max)
  }

  /// At the threshold and above; and at -1, KubeElasti's sign for a value that it does not have,
  /// with which it never takes a workload to zero.
  private func isActive(at value: Double) -> Bool {
    value >= threshold || value == -1
  }
}

extension SignalAssessment {
  /// A query's value is fresh while the latest attempt succeeded, held for `hold` from the first
  /// failure on, then unavailable.
  ///
  /// With an uptime filter it may ask for zero only while the target is known to have been up
  /// (design section 1); otherwise a workload whose metrics are lost would look idle.
  init(
    prometheus signal: PrometheusSignal, reading: Reading?, uptime: Reading?, hold: Duration,
    window: LeadWindow, changes: inout NextChange
  ) {
    guard let reading, case .sample(let value)? = reading.value, value.isFinite else {
      self = .unread(reading)
      return
    }
    var problem: String?
    if let failure = reading.failure {
      let heldUntil = failure.since.advanced(by: hold)
      changes.note(heldUntil)
      guard window.from < heldUntil else {
        self = .unavailable(
          "failing since \(failure.since.rfc3339), longer than the hold of \(hold.text):"
            + " \(failure.message)",
          value: value, dataTime: reading.obtainedAt)
        return
      }
      problem = failure.message
    }

    let replicas = signal.replicas(for: value)
    if replicas == 0, signal.uptimeFilter != nil {
      switch Self.checkUptime(uptime, hold: hold, at: window.from, changes: &changes) {
      case .up: break
      case .upWhenLastSeen(let failure): problem = problem ?? failure
      case .notKnownToBeUp(let reason):
        self = .unavailable(reason, value: value, dataTime: reading.obtainedAt)
        return
      }
    }
    self.init(
      state: problem == nil ? .fresh : .held, demand: .constant(replicas), value: value,
      dataTime: reading.obtainedAt, problem: problem)
  }

  private enum Uptime {
    case up
    case upWhenLastSeen(failure: String)
    case notKnownToBeUp(reason: String)
  }

  private static func checkUptime(
    _ reading: Reading?, hold: Duration, at now: Instant, changes: inout NextChange
  ) -> Uptime {
    let mayNot = "it may not ask for zero, because the uptime query"
    guard let reading, case .sample(let value)? = reading.value else {
      return .notKnownToBeUp(
        reason: "\(mayNot) "
          + (reading?.failure.map { "fails: \($0.message)" }
            ?? "has not been read yet"))
    }
    guard value == 1 else {
      return .notKnownToBeUp(reason: "\(mayNot) is \(value) and not 1")
    }
    guard let failure = reading.failure else { return .up }
    let heldUntil = failure.since.advanced(by: hold)
    changes.note(heldUntil)
    guard now < heldUntil else {
      return .notKnownToBeUp(
        reason: "\(mayNot) has failed since \(failure.since.rfc3339): \(failure.message)")
    }
    return .upWhenLastSeen(failure: "the uptime query fails: \(failure.message)")
  }
}
