internal import EventLoop
package import Scaling
internal import Time

/// What the other replicas remember, and what the cluster shows, of signals that are lost here (design,
/// section 1, "Memory").
extension DecisionEngine {
  /// From now on asks the other replicas about policies with lost signals, and looks at targets of
  /// policies of which nothing is known. Neither call may wait.
  ///
  /// - Parameters:
  ///   - askPeers: is given the texts of the policies' keys; `learn` is to be called once for each call.
  ///   - lookAtTarget: `targetSeen` is to be called once for each call.
  package func useHelpers(
    askPeers: (@Sendable ([String]) -> Void)?, lookAtTarget: (@Sendable (Policy) -> Void)?
  ) {
    helpers.askPeers = askPeers
    helpers.lookAtTarget = lookAtTarget
  }

  /// What is remembered here, for another replica, by the texts of the policies' keys.
  ///
  /// - Parameters:
  ///   - keys: nil for all.
  ///   - onlyFresh: leaves out signals that are lost here, too.
  package func memories(of keys: [String]?, onlyFresh: Bool) -> [String: PolicyMemory] {
    var found: [String: PolicyMemory] = [:]
    func add(_ entry: PolicyEntry) {
      let memory = onlyFresh ? entry.freshlyRead : entry.lasting
      if !memory.signals.isEmpty || memory.activity != nil && !onlyFresh {
        found[entry.key.text] = memory
      }
    }
    guard let keys else {
      if !onlyFresh { found = memories.all }
      for entry in allEntries { add(entry) }
      return found
    }
    for key in keys {
      if let entry = entry(text: key) {
        add(entry)
      } else if !onlyFresh {
        found[key] = memories[key]
      }
    }
    return found
  }

  /// Takes over what other replicas know better, and ends an asking.
  package func learn(_ told: [[String: PolicyMemory]]) {
    helpers.endedAsking()
    let now = now
    for memories in told {
      for (key, memory) in memories {
        guard let entry = entry(text: key), entry.learn(memory, reading: latest) else { continue }
        learnt(entry, at: now)
      }
    }
    finishPass()
  }

  /// The present replicas of a policy's target; nil when they could not be seen.
  package func targetSeen(of policy: ResourceName, replicas: Int?) {
    let key = PolicyKey(name: policy)
    guard let replicas else { return helpers.lookFailed(at: key) }
    let now = now
    for entry in entries(named: policy) where entry.standIn(replicas, at: now) {
      learnt(entry, at: now)
    }
    finishPass()
    endFirstLoadIfDone()
  }

  private func learnt(_ entry: PolicyEntry, at now: Instant) {
    memories.differs(entry.key, by: .rise)
    decide(entry, at: now)
  }

  /// Asks the other replicas about what is lost, as often as a source is asked.
  package func askPeersIfDue() {
    guard helpers.beginsAsking(now: loop.now) else { return }
    helpers.askPeers?(helpers.lost.map(\.text))
  }

  /// Takes note of whether signals of a policy are lost, after each decision.
  func noteLoss(of entry: PolicyEntry) {
    let signals = entry.policy.signals.indices
    helpers.note(entry.key, isLost: signals.contains { entry.isLost($0) })
    guard helpers.lookAtTarget != nil, entry.policy.scaleTarget != nil,
      signals.contains(where: { entry.isUnknown($0) && hasFailed($0, of: entry) }),
      helpers.beginsLook(at: PolicyKey(name: entry.key.name))
    else { return }
    helpers.lookAtTarget?(entry.policy)
  }

  private func hasFailed(_ index: Int, of entry: PolicyEntry) -> Bool {
    switch readings(of: entry)[index] {
    case .forecast(let reading?), .prometheus(let reading?, _, _): reading.failure != nil
    case .schedule, .unreadable, .forecast(nil), .prometheus(nil, _, _): false
    }
  }
}

extension PolicyEntry {
  /// What its signals asked that have just been read.
  var freshlyRead: PolicyMemory {
    var memory = lasting
    for signal in policy.signals {
      if case .schedule = signal.kind { memory.signals[signal.name] = nil }
    }
    memory.signals = memory.signals.filter { $0.value.lostSince == nil }
    return memory
  }
}
