internal import Time

/// What activity asks for in one run of the evaluator.
struct ActivityFloor {
  /// What is remembered from now on.
  var memory: Decision.Activity
  /// What being active asks for at least.
  var replicas: Int
  /// Nil while it is not known.
  var until: Instant?
  /// Whether it holds whatever the signals say: a wake-up and the clock are certain.
  var isCertain: Bool

  var limit: Decision.AppliedLimit {
    .activity(replicas: replicas, cause: memory.cause, since: memory.last, until: until)
  }
}

/// What the signals of a policy say of its activity.
enum SignalActivity {
  /// One at least asks for replicas.
  case demanding
  /// All are fresh or silent, and none asks for any.
  case quiet
  /// None asks for any, but not all are known: a source fails, or its target was not up.
  case unknown
}

extension Decision.Activity {
  /// What follows from the last activity and what the signals say now, by a policy's rules.
  ///
  /// 1. Outside of the enabled period, and while a signal asks for replicas, the workload is active.
  /// 2. While not everything is known, it stays what it is: active, or idle.
  /// 3. When everything is known again, or the last signal falls silent, the cooldown begins.
  func after(
    _ signals: SignalActivity, rules: ActivityRules, isEnabled: Bool, at now: Instant
  ) -> Decision.Activity {
    guard isEnabled else {
      return Decision.Activity(last: now, cause: .outsidePeriod, isOngoing: true)
    }
    // Whoever entered the period was active until then.
    let cause = cause == .outsidePeriod ? .active : cause
    // A clock that was set back must not prolong the cooldown.
    let last = min(last, now)
    let isRecent = now < last.advanced(by: rules.cooldown)
    switch signals {
    case .demanding:
      return Decision.Activity(last: now, cause: .active, isOngoing: true)
    case .unknown where cause == .wakeUp && isRecent:
      return Decision.Activity(last: last, cause: .wakeUp, isOngoing: true)
    case .unknown where isOngoing || isRecent:
      // A wake-up is certain for one cooldown and no longer.
      return Decision.Activity(
        last: now, cause: cause == .wakeUp ? .active : cause, isOngoing: true)
    case .quiet where isOngoing:
      return Decision.Activity(last: now, cause: cause)
    case .unknown, .quiet:
      return Decision.Activity(last: last, cause: cause)
    }
  }
}

extension Policy {
  /// What activity asks for: nil, and nothing is remembered, for a policy without rules of activity
  /// that no one has woken.
  ///
  /// - Returns: `floor` is nil for a workload that is idle.
  func activityFloor(
    _ signals: SignalActivity, remembered: Decision.Activity?, at now: Instant,
    changes: inout NextChange
  ) -> (memory: Decision.Activity?, floor: ActivityFloor?) {
    guard let rules = activity else {
      return remembered.map { wakeUpFloor($0, at: now, changes: &changes) } ?? (nil, nil)
    }
    let period = rules.enabledPeriod?.state(at: now)
    if let period { changes.note(period.until) }
    let isEnabled = period?.isEnabled ?? true
    let before = remembered ?? Decision.Activity(last: now, cause: .firstSeen)
    let memory = before.after(signals, rules: rules, isEnabled: isEnabled, at: now)
    let end = memory.last.advanced(by: rules.cooldown)
    let ends = !memory.isOngoing || memory.cause == .wakeUp
    if ends { changes.note(end) }
    guard memory.isOngoing || now < end else { return (memory, nil) }
    // The idle stay idle over a restart: only what was seen keeps a workload up.
    guard memory.cause != .firstSeen else { return (memory, nil) }
    let until = isEnabled ? (ends ? end : nil) : period?.until
    return (
      memory,
      ActivityFloor(
        memory: memory, replicas: rules.activeReplicas, until: until,
        isCertain: !isEnabled || memory.cause == .wakeUp)
    )
  }

  /// A wake-up of a policy without rules of activity: it holds for a while and is then forgotten.
  private func wakeUpFloor(
    _ activity: Decision.Activity, at now: Instant, changes: inout NextChange
  ) -> (memory: Decision.Activity?, floor: ActivityFloor?) {
    let memory = Decision.Activity(last: min(activity.last, now), cause: .wakeUp)
    let end = memory.last.advanced(by: wakingTime)
    guard now < end else { return (nil, nil) }
    changes.note(end)
    return (
      memory,
      ActivityFloor(memory: memory, replicas: wakingReplicas, until: end, isCertain: true)
    )
  }
}
