package import Time

/// What one policy decided, within bounds: one entry for each decision that differs from the one
/// before it (`Decision.differs`), so that nothing is lost that changed the answer.
package struct DecisionHistory: Sendable {
  private let policy: ResourceName
  private let limits: Limits
  /// A ring: the earliest is at `first`.
  private var entries: [PastDecision] = []
  private var first = 0

  package struct Limits: Hashable, Sendable {
    /// How far back entries are kept.
    package var span = Duration.seconds(24 * 3600)
    /// Entries of one policy. One whose answer changes every minute fills it in two hours, and then
    /// remembers less than `span`. Three signals take 50 KB.
    package var count = 128

    package init() {}
  }

  package init(of policy: ResourceName, limits: Limits = Limits()) {
    self.policy = policy
    self.limits = limits
  }

  /// Remembers a decision if it differs from the one before it.
  ///
  /// - Parameter previous: the decision that this one follows; nil for the first.
  package mutating func record(_ decision: Decision, after previous: Decision?) {
    if let previous, !entries.isEmpty, !decision.differs(from: previous) { return }
    // A clock that was set back must not make entries run backwards.
    let at = entries.isEmpty ? decision.at : max(decision.at, entry(entries.count - 1).at)
    let new = PastDecision(decision, at: at)
    if entries.count < max(limits.count, 1) {
      prune(before: at.advanced(by: .zero - limits.span))
      entries.append(new)
    } else {
      entries[first] = new
      first = (first + 1) % entries.count
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

  /// What it takes in memory, texts apart.
  package var byteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }

  private func entry(_ index: Int) -> PastDecision { entries[(first + index) % entries.count] }

  private func index(inForceAt instant: Instant) -> Int? {
    (0..<entries.count).last { entry($0).at <= instant }
  }

  /// Drops what lies before an instant, but for the decision that was in force then. The ring is not
  /// full, so that its first entry is the earliest.
  private mutating func prune(before oldest: Instant) {
    guard first == 0 else { return }
    let outdated = (entries.lastIndex { $0.at <= oldest }) ?? 0
    if outdated > 0 { entries.removeFirst(outdated) }
  }
}
