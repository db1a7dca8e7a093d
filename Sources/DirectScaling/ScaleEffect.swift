/// What a wake-up has done to the target of a policy.
package enum ScaleEffect: Hashable, Sendable {
  /// The target has what is wanted; `from` is what it had before.
  case scaled(from: Int, to: Int)
  /// It had enough already.
  case unchanged(Int)
  /// The API server would have taken it.
  case dryRun(from: Int, to: Int)
  /// Why nothing was done, one sentence.
  case refused(String)
  case missing(String)
  case failed(String)
  /// Another replica holds the Lease, and acts.
  case notLeading
  /// The policy names no target.
  case noTarget

  /// For machines.
  package var result: String {
    switch self {
    case .scaled: "scaled"
    case .unchanged: "unchanged"
    case .dryRun: "dryRun"
    case .refused: "refused"
    case .missing: "missing"
    case .failed: "failed"
    case .notLeading: "notLeading"
    case .noTarget: "noTarget"
    }
  }
}
