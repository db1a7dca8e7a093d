/// What one policy decided, compactly and within bounds: one entry for each decision that differs
/// from the one before it (`Decision.differs`), so that nothing is lost that changed the answer.
///
/// An entry takes about ten bytes: what has not changed since the entry before it is not repeated.
/// Entries lie in blocks, each of which can be read alone, so that the oldest can be dropped.
package struct DecisionHistory: Sendable {
  private let policy: ResourceName
  private let limits: Limits
  private var blocks: [HistoryBlock] = []

  package struct Limits: Hashable, Sendable {
    /// How far back entries are kept.
    package var span = Duration.seconds(24 * 3600)
    /// Room for one policy. A policy whose answer changes every 15 seconds fills it in eight hours,
    /// and then remembers less than `span`.
    package var bytes = 32 * 1024

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
    guard let last = blocks.indices.last, let previous else {
      blocks.append(HistoryBlock(decision))
      return
    }
    guard decision.differs(from: previous) else { return }
    if !blocks[last].append(decision, after: previous) {
      blocks.append(HistoryBlock(decision, notBefore: blocks[last].end))
    }
    prune(before: decision.at.advanced(by: .zero - limits.span))
  }

  /// The decisions from `since` on, the earliest first; before them the one that was in force at
  /// `since`. Each holds what is remembered of it: see `HistoryBlock`.
  package func decisions(since: Instant = .distantPast) -> [Decision] {
    let first = blocks.lastIndex { $0.start <= since } ?? 0
    var decisions: [Decision] = []
    for block in blocks.dropFirst(first) { decisions += block.decisions(of: policy) }
    let inForce = decisions.lastIndex { $0.at <= since } ?? 0
    return Array(decisions.dropFirst(inForce))
  }

  /// The decision that was in force at an instant; nil before the first that is remembered.
  package func decision(at instant: Instant) -> Decision? {
    guard let block = blocks.last(where: { $0.start <= instant }) else { return nil }
    return block.decisions(of: policy).last { $0.at <= instant }
  }

  /// Since when nothing is missing; nil before the first decision.
  package var start: Instant? { blocks.first?.start }

  /// What it takes in memory, apart from the fixed size of each block.
  package var byteCount: Int {
    blocks.reduce(0) { $0 + $1.byteCount }
  }

  private mutating func prune(before oldest: Instant) {
    var kept = byteCount
    while blocks.count > 1, blocks[1].start <= oldest || kept > limits.bytes {
      kept -= blocks[0].byteCount
      blocks.removeFirst()
    }
  }
}
