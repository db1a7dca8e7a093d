package import Time

/// What one policy decided, within bounds: one entry for each decision that differs from the one
/// before it (`Decision.differs`), so that nothing is lost that changed the answer.
package struct DecisionHistory: Sendable {
  private let policy: ResourceName
  private let limits: Limits
  /// A ring: the earliest is at `first`.
  private var entries: [PastDecision] = []
  private var first = 0
  /// What it takes in memory, texts apart.
  package private(set) var byteCount = 0

  package struct Limits: Hashable, Sendable {
    /// How far back entries are kept.
    package var span = Duration.seconds(24 * 3600)
    /// Entries of one policy. One whose answer changes every minute fills it in two hours, and then
    /// remembers less than `span`. Three signals take 50 KB.
    package var count = 128
    /// Entries that are kept however little room there is.
    package var least = 8

    package init() {}
  }

  package init(of policy: ResourceName, limits: Limits = Limits()) {
    self.policy = policy
    self.limits = limits
  }

  /// Remembers a decision if it differs from the one before it.
  ///
  /// - Parameters:
  ///   - previous: the decision that this one follows; nil for the first.
  ///   - room: bytes that this history may take, beyond `Limits.least`: its part of what all policies
  ///     have together.
  package mutating func record(
    _ decision: Decision, after previous: Decision?, room: Int = .max
  ) {
    if let previous, !entries.isEmpty, !decision.differs(from: previous) { return }
    // A clock that was set back must not make entries run backwards.
    let at = entries.isEmpty ? decision.at : max(decision.at, entry(entries.count - 1).at)
    let new = PastDecision(decision, at: at)
    let surplus = max(
      outdated(before: at.advanced(by: .zero - limits.span)),
      surplus(with: new.byteCount, room: room))
    for index in 0..<surplus { byteCount -= entry(index).byteCount }
    byteCount += new.byteCount
    if surplus == 1 {
      entries[first] = new
      first = (first + 1) % entries.count
    } else {
      if surplus > 0 || first > 0 {
        entries = (surplus..<entries.count).map(entry)
        first = 0
      }
      entries.append(new)
    }
  }

  /// The decisions from `since` on, the earliest first; before them the one that was in force at
  /// `since`. Each holds what is remembered of it: see `PastDecision`.
  package func decisions(since: Instant = .distantPast) -> [Decision] {
    let start = index(inForceAt: since) ?? 0
    return (start..<entries.count).map { entry($0).decision(of: policy) }
  }

  /// The decision that was in force at an instant; nil before the first that is remembered.
  package func decision(at instant: Instant) -> Decision? {
    index(inForceAt: instant).map { entry($0).decision(of: policy) }
  }

  /// Since when nothing is missing; nil before the first decision.
  package var start: Instant? { entries.isEmpty ? nil : entry(0).at }

  private func entry(_ index: Int) -> PastDecision { entries[(first + index) % entries.count] }

  private func index(inForceAt instant: Instant) -> Int? {
    (0..<entries.count).last { entry($0).at <= instant }
  }

  /// How many entries lie before an instant, but for the decision that was in force then.
  private func outdated(before oldest: Instant) -> Int { index(inForceAt: oldest) ?? 0 }

  /// How many of the earliest entries go so that one of so many bytes has its place.
  private func surplus(with newByteCount: Int, room: Int) -> Int {
    var surplus = max(0, entries.count + 1 - max(limits.count, 1))
    var left = (0..<surplus).reduce(byteCount) { $0 - entry($1).byteCount }
    while entries.count + 1 - surplus > limits.least, left + newByteCount > room {
      left -= entry(surplus).byteCount
      surplus += 1
    }
    return surplus
  }
}
