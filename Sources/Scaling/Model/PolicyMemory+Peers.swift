package import Time

/// What another replica remembers (design, section 1, "Memory").
extension PolicyMemory {
  /// As another replica tells it. What stands in for the present replicas of a target is left out:
  /// each replica sees those by itself.
  ///
  /// - Parameter address: of the replica.
  package func learnt(from address: String, at now: Instant) -> PolicyMemory {
    var learnt = self
    learnt.signals = signals.compactMapValues { memory in
      guard memory.origin != .target else { return nil }
      var memory = memory
      memory.origin = .peer(address)
      memory.readAt = min(memory.readAt, now)
      // There it may not be lost at all; here it is, or this does not count.
      memory.lostSince = min(memory.lostSince ?? now, now)
      return memory
    }
    return learnt
  }

  /// The newer of both for each signal and definition, and no lower answer than either's.
  package func merged(with other: PolicyMemory) -> PolicyMemory {
    var merged = self
    for (name, memory) in other.signals { merged.take(memory, of: name) }
    if let activity = other.activity, activity.isLater(than: merged.activity) {
      merged.activity = activity
    }
    merged.answer = [answer, other.answer].compactMap(\.self).max()
    merged.floor = [floor, other.floor].compactMap(\.self).max()
    merged.goneSince = goneSince.flatMap { own in other.goneSince.map { max(own, $0) } }
    return merged
  }
}

extension Decision.Memory {
  /// Takes from another replica what it knows better of signals that are lost here.
  ///
  /// - Parameter isLost: whether the signal of that index cannot be read here.
  /// - Returns: whether anything was taken.
  package mutating func learn(
    _ learnt: PolicyMemory, of policy: Policy, where isLost: (Int) -> Bool
  ) -> Bool {
    var hasChanged = false
    for index in policy.signals.indices where isLost(index) {
      let signal = policy.signals[index]
      guard let theirs = learnt.signals[signal.name]?.serving(signal) else { continue }
      while signals.count <= index { signals.append(nil) }
      guard theirs.isBetter(than: signals[index]) else { continue }
      signals[index] = theirs
      hasChanged = true
    }
    if let activity = learnt.activity, activity.isLater(than: self.activity) {
      self.activity = activity
      hasChanged = true
    }
    return hasChanged
  }

  /// The present replicas of the policy's target stand in for signals of which nothing was ever
  /// known.
  ///
  /// - Parameter isUnknown: whether the signal of that index is such a one.
  /// - Returns: whether there was one.
  package mutating func standIn(
    _ replicas: Int, for policy: Policy, at now: Instant, where isUnknown: (Int) -> Bool
  ) -> Bool {
    var hasChanged = false
    for index in policy.signals.indices where isUnknown(index) {
      while signals.count <= index { signals.append(nil) }
      guard signals[index] == nil else { continue }
      signals[index] = SignalMemory(
        replicas: replicas, readAt: now, lostSince: now, origin: .target)
      hasChanged = true
    }
    return hasChanged
  }
}

extension SignalMemory {
  /// The newest reading of the signal's own definition wins; another definition's serves only where
  /// there is none. What was read wins over what stands in.
  fileprivate func isBetter(than other: SignalMemory?) -> Bool {
    guard let other, other.origin != .target else { return true }
    switch (definition, other.definition) {
    case (nil, nil), (.some, .some): return readAt > other.readAt
    case (nil, .some): return true
    case (.some, nil): return false
    }
  }
}

extension Decision.Activity {
  /// Whether this says more than another: that nothing was seen yet says nothing.
  fileprivate func isLater(than other: Decision.Activity?) -> Bool {
    guard let other, other.cause != .firstSeen else { return true }
    return cause != .firstSeen && last > other.last
  }
}
