internal import Scaling
internal import Time

extension DecisionEngine {
  /// KEDA asks about all triggers of a ScaledObject at each poll, every 30 s by default, and each
  /// replica of Headstart hears some of the calls: by then it has heard of all of them.
  private static let pollsOfAllTriggers = Duration.seconds(60)

  /// What the policy of a trigger asked before somebody edited its metadata: an edit makes a new
  /// policy of the same ScaledObject with the same signals, and is when KEDA punishes errors (C24).
  /// Of several the one that asked for most.
  ///
  /// A policy that is itself new is none that was edited: it belongs to another trigger of the same
  /// ScaledObject. What that asks says nothing of this one, and in its place the autoscaler would lower
  /// the target; an error beside a number does not (C30).
  func memoryOfEdited(_ bound: BoundPolicy, at now: Instant) -> PolicyMemory? {
    guard let object = bound.key.scaledObject else { return nil }
    let signals = Set(bound.policy.value.signals.map(\.name))
    let known = triggerPolicies.of(object).compactMap { entries[$0] }.filter { entry in
      entry.key.name != bound.key.name
        && !entry.isYounger(than: Self.pollsOfAllTriggers, at: now)
        && Set(entry.policy.signals.map(\.name)) == signals
    }.map(\.lasting).max { ($0.answer ?? -1) < ($1.answer ?? -1) }
    return known ?? memoryOfDeparted(object, signals: signals, for: bound.key)
  }

  /// The same where the edit came while nobody asked, as over a restart: of the triggers that were in force
  /// last the one that asked for most. It may not be the edited one: when it asks again, it was another. One
  /// that another replica has read since then is in force there.
  private func memoryOfDeparted(
    _ object: ResourceName, signals: Set<String>, for key: PolicyKey
  ) -> PolicyMemory? {
    let departed = memories.restoredTriggers(of: object).filter { text, memory in
      text != key.text && Set(memory.signals.keys) == signals
        && memory.signals.values.allSatisfy { $0.origin == .disk }
    }
    guard let last = departed.compactMap(\.memory.goneSince).max() else { return nil }
    let lender = departed.filter { _, memory in
      memory.goneSince.map { $0.duration(to: last) < Self.pollsOfAllTriggers } ?? false
    }.max { ($0.memory.answer ?? -1, $0.key) < ($1.memory.answer ?? -1, $1.key) }
    guard let lender else { return nil }
    loans[lender.key, default: []].insert(key)
    return lender.memory
  }

  /// A trigger asks that was taken for one that was edited: whoever went on with its number has none.
  func endLoans(of lender: PolicyKey, at now: Instant) {
    for key in loans.removeValue(forKey: lender.text) ?? [] {
      guard let entry = entries[key], entry.forgetOtherDefinitions() else { continue }
      decide(entry, at: now)
    }
  }

  /// A trigger is not asked about any more.
  func forgetLoans(to borrower: PolicyKey) {
    guard borrower.isImplied, !loans.isEmpty else { return }
    loans = loans.mapValues { $0.subtracting([borrower]) }.filter { !$0.value.isEmpty }
  }

  /// A trigger of a ScaledObject is asked about for the first time. Where others of it have been asked about
  /// for a while, one of them was edited: its last answer is not left before the new form is read. Of
  /// several the one that asked for most.
  func bridgeEdit(of object: ScaledObject, to entry: PolicyEntry, at now: Instant) {
    guard entry.isIncomplete else { return }
    let answers = subscriptions.others(than: object).compactMap { key, since -> Int? in
      // As in `PolicyEntry.isYounger`.
      guard key != entry.key,
        !(.zero..<Self.pollsOfAllTriggers).contains(since.duration(to: now))
      else { return nil }
      return entries[key]?.decision?.replicas
    }
    if let answer = answers.max() { bridge(object, from: answer, to: entry, at: now) }
  }
}
