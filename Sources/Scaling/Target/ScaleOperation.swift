package import Time

/// One attempt to scale a target, as the history keeps it.
package struct ScaleOperation: Hashable, Sendable {
  /// When it was tried last.
  package var at: Instant
  package var target: TargetID
  package var policy: ResourceName
  /// What the target had; nil where that is not known.
  package var from: Int?
  /// What it was to have; nil where nothing was wanted yet.
  package var to: Int?
  /// The signal that decided; nil when a limit or nothing did.
  package var signal: String?
  /// The rule of a schedule that decided.
  package var rule: String?
  /// Why that number, one sentence.
  package var reason: String
  package var outcome: Outcome
  /// How often it has come to the same in a row.
  package var count = 1

  package enum Outcome: Hashable, Sendable {
    case succeeded
    /// The API server would have taken it.
    case dryRun
    /// Why it failed, one sentence.
    case failed(String)
    /// Why it was not even tried, one sentence.
    case refused(String)

    /// For the label `result` of metrics, and for machines.
    package var result: String {
      switch self {
      case .succeeded: "success"
      case .dryRun: "dryRun"
      case .failed: "failure"
      case .refused: "refused"
      }
    }

    package static let allResults = ["success", "dryRun", "failure", "refused"]

    package var error: String? {
      switch self {
      case .succeeded, .dryRun: nil
      case .failed(let message), .refused(let message): message
      }
    }
  }

  package init(
    at: Instant, target: TargetID, wish: TargetWish, from: Int?, to: Int?, outcome: Outcome
  ) {
    self.at = at
    self.target = target
    policy = wish.policy
    self.from = from
    self.to = to
    let winner = wish.decision.winner.map { wish.decision.contributions[$0] }
    signal = winner?.signal
    rule = winner?.rule
    reason = wish.decision.explanation(at: at)
    self.outcome = outcome
  }

  /// Whether another attempt came to the same, so that one entry can stand for both.
  func isRepeated(by other: ScaleOperation) -> Bool {
    outcome == other.outcome && policy == other.policy && from == other.from && to == other.to
  }
}
