internal import Scaling
internal import Time

/// What policies asked that are not in force any more, and what of all memories has yet to be
/// handed to whatever keeps them. Pure.
///
/// A policy that is in force remembers by itself (`PolicyEntry.memory`). When it vanishes, what it
/// asked stays here for an hour, and a policy that comes back by the same key takes it from here:
/// a file that was deleted and created again, a restart, a trigger that asks again.
struct PolicyMemories {
  /// By the text of the key.
  private var departed: [String: PolicyMemory] = [:]
  /// The last `maxImplied` departures of keys that no manifest holds, by their number.
  private var impliedDepartures: [Int: String] = [:]
  /// The number of each such key's last departure.
  private var lastDeparture: [String: Int] = [:]
  private var departureCount = 0
  /// The keys of triggers in it that came from another process or replica, and were not in force here
  /// since, by the ScaledObject.
  private var restoredTriggers: [ResourceName: Set<String>] = [:]
  /// So many of the implied ones: their names are the clients' choice.
  static let maxImplied = 1_000
  /// Policies in force whose memory differs from what was handed over.
  private var differing: Set<PolicyKey> = []
  /// Keys whose departed memory came, changed or went since then.
  private var changed: Set<String> = []
  /// Whether something asks for more than what was handed over.
  private(set) var isUrgent = false

  /// How long what a policy asked outlives it (design, section 1, "Memory").
  static let lifetime = Duration.seconds(3600)

  /// Takes what another process or another replica remembers, one after the other: the newest of each
  /// signal counts. It counts as gone from now on, until its policy comes.
  mutating func restore(_ memories: [String: PolicyMemory], at now: Instant) {
    for (key, memory) in memories {
      var memory = memory
      memory.goneSince = min(memory.goneSince ?? now, now)
      departed[key] = departed[key]?.merged(with: memory) ?? memory
      if let object = PolicyKey.scaledObject(text: key) {
        restoredTriggers[object, default: []].insert(key)
      }
      changed.insert(key)
    }
    forgetOld(at: now)
  }

  /// What is remembered of a policy that is not in force; nil for nothing.
  subscript(key: String) -> PolicyMemory? { departed[key] }

  /// Everything that is remembered of policies that are not in force, by the text of the key.
  var all: [String: PolicyMemory] { departed }

  /// What is remembered of a ScaledObject's triggers that were in force in another process or replica, and
  /// not in this one, by the text of the key. What made-up names leave behind is not in it.
  func restoredTriggers(of object: ResourceName) -> [(key: String, memory: PolicyMemory)] {
    (restoredTriggers[object] ?? []).compactMap { key in departed[key].map { (key, $0) } }
  }

  private mutating func isRestoredNoMore(_ key: String) {
    guard !restoredTriggers.isEmpty, let object = PolicyKey.scaledObject(text: key) else { return }
    restoredTriggers[object]?.remove(key)
    if restoredTriggers[object]?.isEmpty == true { restoredTriggers[object] = nil }
  }

  /// The policies of manifests that are remembered and not in force, and since when.
  var departedPolicies: [ResourceName: Instant] {
    var result: [ResourceName: Instant] = [:]
    for (key, memory) in departed {
      guard let name = PolicyKey.policy(text: key), let gone = memory.goneSince else { continue }
      result[name] = gone
    }
    return result
  }

  /// A policy is not in force any more. What never asked is not worth keeping.
  mutating func leave(_ memory: PolicyMemory, of key: PolicyKey, at now: Instant) {
    differing.remove(key)
    isRestoredNoMore(key.text)
    changed.insert(key.text)
    guard !memory.signals.isEmpty || memory.activity != nil || memory.floor != nil else { return }
    var memory = memory
    memory.goneSince = now
    departed[key.text] = memory
    guard !key.isUnchanged else { return }
    departureCount += 1
    impliedDepartures[departureCount] = key.text
    lastDeparture[key.text] = departureCount
    forgetImplied(ofDeparture: departureCount - Self.maxImplied)
  }

  private mutating func forgetImplied(ofDeparture number: Int) {
    // It may have come back and left again.
    guard let key = impliedDepartures.removeValue(forKey: number), lastDeparture[key] == number
    else { return }
    lastDeparture[key] = nil
    // One that is in force again has taken its memory along: what is kept of it stays.
    guard departed.removeValue(forKey: key) != nil else { return }
    changed.insert(key)
  }

  /// A policy comes into force.
  ///
  /// - Returns: what it asked before; nil where nothing is known.
  mutating func take(_ key: PolicyKey) -> PolicyMemory? {
    guard !departed.isEmpty else { return nil }
    isRestoredNoMore(key.text)
    return departed.removeValue(forKey: key.text)
  }

  /// The memory of a policy in force has become another one.
  mutating func differs(_ key: PolicyKey, by difference: Decision.Memory.Difference) {
    guard difference > .none else { return }
    differing.insert(key)
    if difference == .rise { isUrgent = true }
  }

  /// Forgets what is over. To be called now and then.
  mutating func forgetOld(at now: Instant) {
    for (key, memory) in departed {
      let gone = memory.goneSince ?? now
      guard gone.duration(to: now) >= Self.lifetime else { continue }
      departed[key] = nil
      isRestoredNoMore(key)
      changed.insert(key)
    }
  }

  /// What has to be kept since the last call.
  ///
  /// - Parameter inForce: the memory of a policy in force; nil for one that is not.
  mutating func takeChanges(
    at now: Instant, inForce: (PolicyKey) -> PolicyMemory?
  ) -> MemoryChanges {
    var changes = MemoryChanges(at: now)
    for key in changed { changes.policies[key] = .some(departed[key]) }
    for key in differing {
      if let memory = inForce(key) { changes.policies[key.text] = memory }
    }
    changed = []
    differing = []
    isUrgent = false
    return changes
  }

  /// The wall clock was set: what is remembered keeps its age.
  mutating func wallClockStepped(by step: Duration) {
    for key in departed.keys {
      departed[key]?.wallClockStepped(by: step)
      changed.insert(key)
    }
  }
}
