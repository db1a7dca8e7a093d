package import Time

/// What one policy asked, by the names of its signals, as it outlives the policy, the process and
/// the machine (design, section 1, "Memory").
package struct PolicyMemory: Hashable, Sendable {
  /// By the signal's name. `definition` always says which one asked.
  package var signals: [String: SignalMemory]
  /// What other definitions of the same signals asked, which replicas with other manifests have told.
  private var others: [String: [SignalMemory]] = [:]
  /// When the workload was last active; nil where that is not known.
  package var activity: Decision.Activity?
  /// The last answer; nil where there was none.
  package var answer: Int?
  /// The answer before an edit that is not complete yet; see `Decision.Memory.floor`.
  package var floor: Int?
  /// Since when the policy is not in force; nil while it is.
  package var goneSince: Instant?

  package init(
    signals: [String: SignalMemory] = [:], activity: Decision.Activity? = nil, answer: Int? = nil,
    floor: Int? = nil, goneSince: Instant? = nil
  ) {
    self.signals = signals
    self.activity = activity
    self.answer = answer
    self.floor = floor
    self.goneSince = goneSince
  }

  /// What a policy in force remembers.
  package init(of policy: Policy, _ memory: Decision.Memory, answer: Int?) {
    self.init(
      signals: memory.byName(in: policy), activity: memory.activity, answer: answer,
      floor: memory.floor)
  }

  /// What a policy of that name begins with. Where it has a required signal that never asked, the
  /// last answer is not left until every required signal is known.
  package func serving(_ policy: Policy) -> Decision.Memory {
    var memory = Decision.Memory(
      signals: policy.signals.map { kept(for: $0) }, floor: floor, activity: activity)
    if policy.signals.contains(where: { $0.required && signals[$0.name] == nil }) {
      memory.floor = answer ?? floor
    }
    return memory
  }

  /// That of its own definition, else the newest. What came in the meantime was not read.
  private func kept(for signal: Signal) -> SignalMemory? {
    let own = others[signal.name]?.first { $0.definition == signal.definition }
    let newest = signals[signal.name]
    var found = (newest?.definition == signal.definition ? newest : own ?? newest)?.serving(signal)
    found?.evidence?.isFollowed = false
    return found
  }

  /// An update of the manifests has two definitions at a time, one that is taken back three.
  private static let mostOthers = 4

  /// Takes what somebody else remembers of a signal: the newest of each definition, and what was read
  /// before what stands in for it.
  mutating func take(_ memory: SignalMemory, of signal: String) {
    var known = [signals[signal]].compactMap(\.self) + (others[signal] ?? [])
    if let index = known.firstIndex(where: { $0.definition == memory.definition }) {
      guard memory.comes(before: known[index]) else { return }
      known.remove(at: index)
    }
    let place = known.firstIndex { memory.comes(before: $0) } ?? known.count
    known.insert(memory, at: place)
    signals[signal] = known.removeFirst()
    others[signal] = known.isEmpty ? nil : Array(known.prefix(Self.mostOthers))
  }

  /// As another process finds it on the disk, written last at an instant.
  ///
  /// - Parameters:
  ///   - written: when the process that wrote it was last known to run. What it had not lost then
  ///     is lost since then.
  ///   - shift: what has to be added to its times because its clock was ahead.
  package func restored(written: Instant, shiftedBy shift: Duration) -> PolicyMemory {
    var restored = self
    // The process's clock was set back after it had written this, and it wrote nothing of it again.
    let ahead = min(latest.duration(to: written), .zero)
    restored.wallClockStepped(by: shift + ahead)
    let written = written.advanced(by: shift)
    for name in restored.signals.keys { restored.signals[name]?.wasWritten(at: written) }
    return restored
  }

  /// The latest of its times; the distant past without any.
  private var latest: Instant {
    let read = signals.values.flatMap { [$0.readAt, $0.lostSince, $0.evidence?.readAt] }
    return (read + [activity?.last, goneSince]).compactMap(\.self).max() ?? .distantPast
  }

  /// The wall clock was set by that much: what is remembered keeps its age.
  package mutating func wallClockStepped(by step: Duration) {
    for name in signals.keys { signals[name]?.wallClockStepped(by: step) }
    for (name, memories) in others {
      for index in memories.indices { others[name]?[index].wallClockStepped(by: step) }
    }
    activity?.last.advance(by: step)
    goneSince?.advance(by: step)
  }
}

extension SignalMemory {
  fileprivate func comes(before other: SignalMemory) -> Bool {
    let (isRead, isOtherRead) = (origin != .target, other.origin != .target)
    return isRead == isOtherRead ? readAt > other.readAt : isRead
  }

  /// A process that ran until an instant wrote this: what was not lost had been read by then.
  fileprivate mutating func wasWritten(at instant: Instant) {
    if origin != .target { origin = .disk }
    if lostSince == nil { readAt = max(readAt, instant) }
    lostSince = min(lostSince ?? instant, instant)
  }
}
