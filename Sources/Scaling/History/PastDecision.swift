internal import Time

/// What is remembered of a decision: its answer and what explains it. Not kept: ages of data, and
/// what the next decision had to know.
struct PastDecision: Hashable, Sendable {
  let at: Instant
  private let outcome: Decision.Outcome
  private let winner: Int?
  private let limits: [Decision.AppliedLimit]
  private let signals: [PastSignal]

  private struct PastSignal: Hashable, Sendable {
    let name: String
    let kind: Contribution.Kind
    let state: Contribution.State
    let replicas: Int?
    let value: Double?
    let peak: Instant?
    let rule: String?
    let problem: String?
  }

  init(_ decision: Decision, at instant: Instant) {
    at = instant
    outcome = decision.outcome
    winner = decision.winner
    limits = decision.appliedLimits
    signals = decision.contributions.map {
      PastSignal(
        name: $0.signal, kind: $0.kind, state: $0.state, replicas: $0.replicas, value: $0.value,
        peak: $0.peak, rule: $0.rule, problem: $0.problem)
    }
  }

  func decision(of policy: ResourceName) -> Decision {
    Decision(
      policy: policy, at: at, outcome: outcome,
      contributions: signals.map {
        Contribution(
          signal: $0.name, kind: $0.kind, state: $0.state, replicas: $0.replicas, peak: $0.peak,
          value: $0.value, rule: $0.rule, problem: $0.problem)
      }, winner: winner, appliedLimits: limits, validUntil: .distantFuture,
      memory: Decision.Memory())
  }

  /// What it takes in memory, texts apart.
  var byteCount: Int {
    MemoryLayout<Self>.stride + Self.byteCount(of: signals) + Self.byteCount(of: limits)
  }

  private static func byteCount<Element>(of elements: [Element]) -> Int {
    elements.isEmpty ? 0 : arrayHeader + elements.count * MemoryLayout<Element>.stride
  }

  /// The object's own, and that of the allocator.
  private static let arrayHeader = 48
}
