package import Scaling
package import Time

/// What a policy will ask for over a period, as far as that is known beforehand.
///
/// The same evaluator answers as in the server. Signals of which nothing is known are left out, and
/// named; one that is known for a part of the period takes part there.
package struct Plan: Hashable, Sendable {
  package let policy: ResourceName
  /// The period [from, to).
  package let from: Instant
  package let to: Instant
  /// Every change of the answer; the first is what is asked for at `from`.
  package let transitions: [Transition]
  /// Of every zone that a rule of a schedule lives in.
  package let clockChanges: [ClockChange]
  /// The names of the signals that take no part at any time.
  package let leftOut: [String]

  package struct Transition: Hashable, Sendable {
    package let at: Instant
    /// Nil when no number could be trusted.
    package let replicas: Int?
    /// The signal that sets the number; nil when a limit does, or nothing.
    package let winner: String?
    /// The decision in one sentence.
    package let why: String

    init(_ decision: Decision) {
      at = decision.at
      replicas = decision.replicas
      winner = decision.winner.map { decision.contributions[$0].signal }
      why = decision.explanation(at: decision.at)
    }
  }

  /// Why a policy cannot be planned.
  package enum Failure: Error, Hashable, CustomStringConvertible {
    case unknownTimeZone(UnknownTimeZone)
    case nothingKnown(ResourceName)
    case tooManyChanges(before: Instant)

    /// One sentence.
    package var description: String {
      switch self {
      case .unknownTimeZone(let error): error.description
      case .nothingKnown(let policy):
        "nothing can be planned for the policy \(policy): it has no schedule, and neither a"
          + " forecast nor a load is given"
      case .tooManyChanges(let instant):
        "the answer changes more than \(Plan.mostTransitions) times before \(instant.rfc3339): plan"
          + " a shorter period"
      }
    }
  }

  /// More than anybody reads; a schedule that changes every minute does so in ten weeks.
  static let mostTransitions = 100_000

  /// Follows the decisions from one end of validity to the next.
  ///
  /// - Parameters:
  ///   - from: The beginning of the period, which ends before `to`, but has at least one instant.
  ///   - overrides: of the policy, in force from the beginning.
  package init(
    of policy: Policy, from: Instant, to: Instant, known: KnownSignals = KnownSignals(),
    overrides: [Override] = [], zones: any TimeZoneDatabase
  ) throws(Failure) {
    self.policy = policy.name
    self.from = from
    self.to = to
    leftOut = policy.signals.filter { !known.know($0) }.map(\.name)
    var walk = try PlanWalk(
      policy, known: known, overrides: overrides, from: from, to: to, zones: zones)
    var transitions = [Transition(walk.decision)]
    while walk.advance(before: to) {
      guard walk.decision.replicas != transitions[transitions.count - 1].replicas else { continue }
      guard transitions.count < Self.mostTransitions else {
        throw .tooManyChanges(before: walk.decision.at)
      }
      transitions.append(Transition(walk.decision))
    }
    self.transitions = transitions
    clockChanges = policy.clockChanges(from: from, to: to, zones: zones)
  }

  /// The answer as a step function, for charts.
  package var series: StepSeries {
    StepSeries(
      transitions.map { StepSeries.Step(start: $0.at, value: $0.replicas.map(Double.init)) })
  }

  /// The transition whose answer is in force at an instant of the period.
  package func transition(at instant: Instant) -> Transition {
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = low + (high - low) / 2
      if transitions[middle].at <= instant { low = middle + 1 } else { high = middle }
    }
    return transitions[max(low - 1, 0)]
  }
}

/// One decision after the other.
private struct PlanWalk {
  private(set) var decision: Decision
  private let readings: KnownReadings

  init(
    _ policy: Policy, known: KnownSignals, overrides: [Override], from: Instant, to: Instant,
    zones: any TimeZoneDatabase
  ) throws(Plan.Failure) {
    var plannable = policy
    plannable.signals = policy.signals.filter { known.know($0) }
    guard !plannable.signals.isEmpty else { throw .nothingKnown(policy.name) }
    do {
      readings = try KnownReadings(
        plannable, known: known, from: from, to: max(to, from), zones: zones)
    } catch {
      throw .unknownTimeZone(error)
    }
    let memory = Decision.Memory(overrides: overrides.isEmpty ? nil : overrides)
    decision = Self.decide(readings, memory, at: from)
  }

  /// Goes to the next instant at which the answer could change.
  ///
  /// - Returns: false when that is not before the end.
  mutating func advance(before end: Instant) -> Bool {
    let next = min(decision.validUntil, readings.nextReading(after: decision.at))
    guard next > decision.at, next < end else { return false }
    let memory = Decision.Memory(
      activity: decision.memory.activity, overrides: decision.memory.overrides)
    decision = Self.decide(readings, memory, at: next)
    return true
  }

  /// A signal that is unknown at this instant is left out, required or not: what a plan knows of it
  /// says nothing about whether the server will.
  private static func decide(
    _ known: KnownReadings, _ memory: Decision.Memory, at now: Instant
  ) -> Decision {
    var policy = known.policy
    var readings = known.readings(at: now)
    let decision = Evaluator.decide(policy, readings: readings, memory: memory, at: now)
    let kept = policy.signals.indices.filter { decision.contributions[$0].state == .fresh }
    guard kept.count < policy.signals.count, !kept.isEmpty else { return decision }
    policy.signals = kept.map { policy.signals[$0] }
    readings = kept.map { readings[$0] }
    var rest = Evaluator.decide(policy, readings: readings, memory: memory, at: now)
    rest.validUntil = min(rest.validUntil, decision.validUntil)
    return rest
  }
}

extension Policy {
  /// The clock changes of a period in the zones of the rules, in order.
  func clockChanges(from: Instant, to: Instant, zones: any TimeZoneDatabase) -> [ClockChange] {
    var names: Set<String> = []
    for signal in signals {
      guard case .schedule(let schedule) = signal.kind else { continue }
      for rule in schedule.rules { names.insert(rule.timeZone ?? schedule.timeZone) }
    }
    return names.flatMap { name in
      zones.timeZone(named: name).map {
        ClockChange.changes(of: $0, named: name, from: from, to: to)
      } ?? []
    }
    .sorted { ($0.at, $0.timeZone) < ($1.at, $1.timeZone) }
  }
}
