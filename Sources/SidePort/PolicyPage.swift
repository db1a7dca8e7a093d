package import Scaling
package import Time

/// Which policies a list shall show.
package struct PolicySelection: Hashable, Sendable {
  /// Words that the name (`namespace/name`) must contain, in any case; none for all.
  package var words: [String]
  /// Nil for all.
  package var state: PolicyState?
  /// How many to leave out at the beginning.
  package var offset: Int
  /// Nil for all.
  package var limit: Int?

  package init(
    words: [String] = [], state: PolicyState? = nil, offset: Int = 0, limit: Int? = nil
  ) {
    self.words = words.map { $0.lowercased() }
    self.state = state
    self.offset = offset
    self.limit = limit
  }

  /// Sorts and counts, and picks what is asked for.
  ///
  /// - Parameter subject: the name and the decision of an item.
  package func page<Item>(
    of items: [Item], subject: (Item) -> (name: ResourceName, decision: Decision)
  ) -> (items: [Item], counts: PolicyCounts, matching: Int) {
    var counts = PolicyCounts()
    var matching: [(name: ResourceName, item: Item)] = []
    for item in items {
      let (name, decision) = subject(item)
      guard matches(name) else { continue }
      let state = PolicyState(of: decision)
      counts.add(state)
      if self.state == nil || self.state == state { matching.append((name, item)) }
    }
    matching.sort { $0.name < $1.name }
    let picked = matching.dropFirst(offset).prefix(limit ?? .max)
    return (picked.map(\.item), counts, matching.count)
  }

  private func matches(_ name: ResourceName) -> Bool {
    guard !words.isEmpty else { return true }
    let text = "\(name)".lowercased()
    return words.allSatisfy { text.contains($0) }
  }
}

/// How a policy does, in one word.
package enum PolicyState: String, Hashable, Sendable, CaseIterable {
  /// Every signal is fresh.
  case ok
  /// There is an answer, but a signal is held or unavailable.
  case degraded
  /// There is no answer.
  case unavailable

  package init(of decision: Decision) {
    if decision.replicas == nil {
      self = .unavailable
    } else if decision.contributions.contains(where: { $0.state != .fresh && !$0.isObserved }) {
      self = .degraded
    } else {
      self = .ok
    }
  }
}

/// How many policies there are of each state, whatever state is asked for.
package struct PolicyCounts: Hashable, Sendable {
  package private(set) var ok = 0
  package private(set) var degraded = 0
  package private(set) var unavailable = 0

  package init() {}

  package var total: Int { ok + degraded + unavailable }

  mutating func add(_ state: PolicyState) {
    switch state {
    case .ok: ok += 1
    case .degraded: degraded += 1
    case .unavailable: unavailable += 1
    }
  }
}

/// A part of the list of policies.
package struct PolicyPage: Hashable, Sendable {
  package var policies: [PolicySummary]
  /// Of the policies whose names match.
  package var counts: PolicyCounts
  /// How many match in name and state.
  package var matching: Int
  package var offset: Int
  package var now: Instant

  package init(
    policies: [PolicySummary], counts: PolicyCounts, matching: Int, offset: Int, now: Instant
  ) {
    self.policies = policies
    self.counts = counts
    self.matching = matching
    self.offset = offset
    self.now = now
  }
}

/// One line of the list of policies.
package struct PolicySummary: Hashable, Sendable {
  package var policy: Policy
  package var decision: Decision
  package var nextChange: NextChange?
  /// How many ScaledObjects it answers.
  package var bindings: Int
  /// What ages count from.
  package var now: Instant

  package init(
    policy: Policy, decision: Decision, nextChange: NextChange? = nil, bindings: Int, now: Instant
  ) {
    self.policy = policy
    self.decision = decision
    self.nextChange = nextChange
    self.bindings = bindings
    self.now = now
  }
}
