internal import DataSources
internal import EventLoop
package import Scaling
internal import Telemetry
internal import Time

/// When the engine decides, and what follows from a decision.
extension DecisionEngine {
  func decide(_ entry: PolicyEntry, at now: Instant) {
    entry.apply(overrides.running(of: entry.key.name))
    let room = configuration.maxHistory / max(entries.count, 1)
    let previous = entry.decide(at: now, layouts: &layouts, historyRoom: room) { [feeds] feed in
      feeds?.reading(of: feed)
    }
    guard let decision = entry.decision else { return }
    if let turn = entry.turn { agenda.remove(turn) }
    entry.turn =
      decision.validUntil == .distantFuture ? nil : agenda.add(decision.validUntil, entry)
    note(decision, of: entry)
    memories.differs(
      entry.key, by: decision.memory.difference(from: previous?.memory ?? Decision.Memory()))
    if !deleted.contains(entry.key.name) || entry.key.isImplied {
      for observer in observers { observer.decided(entry.key, entry.policy, decision) }
    }
    guard decision.outcome != previous?.outcome else { return }
    decisionLog.record(decision, previous: previous, at: now, to: logger)
    let answer = Answer(decision, whenUnavailable: entry.policy.whenUnavailable)
    for object in entry.subscribers {
      outbox.put(AnswerUpdate(object: object, answer: answer), subscriptions.informed(of: object))
    }
  }

  /// Takes note of whether a policy is known.
  func note(_ decision: Decision, of entry: PolicyEntry) {
    let key = entry.key
    if decision.replicas == nil { unready.insert(key) } else { unready.remove(key) }
    noteLoss(of: entry)
    guard firstLoadStart != nil else { return }
    let isAwaited = zip(decision.contributions, readings(of: entry)).contains {
      $0.isMissing && $1.mayComeSoon || $1.isBeingLearnt
    }
    if isAwaited { awaited.insert(key) } else { awaited.remove(key) }
  }

  /// A reading that another thread has obtained.
  package func take(_ reading: Reading, of feed: Feed) {
    feeds?.take(reading, of: feed)
  }

  func readingArrived(for feed: Feed) {
    let now = configuration.wallClock()
    for key in dependents[feed] ?? [] {
      guard let entry = entries[key] else { continue }
      decide(entry, at: now)
      recount(entry)
      guard unprimed.contains(key), hasBeenRead(entry) else { continue }
      unprimed.remove(key)
      for object in entry.subscribers { informWaiting(of: object) }
    }
    finishPass()
    endFirstLoadIfDone()
  }

  /// How many decisions one turn of the loop makes before sockets and timers get their turn.
  static let decisionsPerTurn = 5000

  /// Decides again for every policy whose last decision has ended. The timer calls it.
  package func decideWhatIsDue() {
    let now = configuration.wallClock()
    for _ in 0..<Self.decisionsPerTurn {
      guard let entry = agenda.takeExpired(at: now) else { break }
      decide(entry, at: now)
    }
    finishPass()
  }

  /// Schedules and forecasts mean the wall clock; how long a reading is held does not. When the wall
  /// clock is set, what was dated by it moves along, and everything is decided again.
  ///
  /// The engine looks every second; whoever dates readings has to look before.
  package func noticeClockStep() {
    let now = configuration.wallClock()
    guard let step = clockSteps.step(monotonic: .nanoseconds(EventLoop.clock), wall: now) else {
      return
    }
    logger.warning("the wall clock was set", ["by": .duration(step)])
    feeds?.wallClockStepped(by: step)
    layouts.removeAll()
    memories.wallClockStepped(by: step)
    deleted.wallClockStepped(by: step)
    for entry in entries.values {
      entry.wallClockStepped(by: step)
      // What was written before has other times: it is written again at once.
      memories.differs(entry.key, by: .rise)
      decide(entry, at: now)
    }
  }

  func secondPassed() {
    noticeClockStep()
    forgetWhatIsOver()
    decideWhatIsDue()
    askPeersIfDue()
    if loop.now >= nextKeeping { handOverMemory() }
    endFirstLoadIfDone()
  }

  func waitEnded() {
    for object in subscriptions.popExpiredWaits(at: loop.now) { informWaiting(of: object) }
    finishPass()
    guard let next = subscriptions.nextDeadline else { return }
    waitTimer?.start(after: next - loop.now)
  }

  /// The last decision of an entry was made from these.
  func readings(of entry: PolicyEntry) -> [SignalReading] {
    entry.readings { [feeds] feed in feeds?.reading(of: feed) }
  }

  /// Ends one pass: hands the loops what changed, and sets the timer for the next decision.
  func finishPass() {
    outbox.flush()
    decisionLog.endPass(logger)
    if memories.isUrgent { handOverMemory() }
    guard let next = agenda.earliest else {
      timer?.stop()
      return
    }
    timer?.start(after: max(configuration.wallClock().duration(to: next), .zero))
  }
}
