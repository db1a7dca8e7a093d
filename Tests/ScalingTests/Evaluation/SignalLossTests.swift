internal import Scaling
internal import Testing
internal import Time

/// The rule for missing signals (design, section 1) under a model of its own: random policies whose
/// sources fail, answer in part, say nothing or come back, whose evidence fails and flaps, with relative
/// replicas, restarts, edits and another replica that tells what it has read.
///
/// The invariant: no signal's demand falls unless what was read of it (a fresh reading, the steps
/// of its series, its schedule), its author or its `hold` says so.
struct SignalLossTests {
  #if DEBUG
    private static let rounds = 300
  #else
    private static let rounds = 12_500
  #endif

  @Test(arguments: 0..<40)
  func `No demand falls without a reason`(seed: UInt64) {
    var world = LossWorld(seed: seed, rounds: Self.rounds)
    var scheduled = world.scheduled
    for _ in 0..<Self.rounds {
      world.advance()
      let isScheduleAsBefore = world.scheduled == scheduled
      scheduled = world.scheduled
      for replica in world.replicas.indices {
        let before = world.replicas[replica]
        let decision = world.decide(replica)
        let context = Place(seed: seed, replica: replica, at: world.now)
        let falling = checkDemands(decision, of: replica, in: &world, before: before, context)
        checkAnswer(decision, of: replica, in: &world, before: before, context)
        // Nor does the answer, where there was one and it had no reason to.
        guard isScheduleAsBefore, !falling, let answer = decision.replicas,
          let last = before.decision?.replicas
        else { continue }
        #expect(answer >= last, "\(context): from \(last): \(decision.contributions)")
      }
    }
  }

  /// Said only where something fails: texts take longer than decisions.
  private struct Place: CustomStringConvertible {
    let seed: UInt64
    let replica: Int
    let at: Instant

    var description: String { "seed \(seed), replica \(replica) at \(at.rfc3339)" }
  }

  /// - Returns: whether a demand may have fallen, that of a schedule aside.
  private func checkDemands(
    _ decision: Decision, of replica: Int, in world: inout LossWorld, before: LossReplica,
    _ context: Place
  ) -> Bool {
    var asked: [String: Int] = [:]
    var falling = false
    for (index, contribution) in decision.contributions.enumerated() {
      asked[contribution.signal] = contribution.replicas
      guard world.role(index) != .schedule else {
        #expect(contribution.replicas == world.scheduled.map(\.replicas).max(), "\(context)")
        continue
      }
      let mayFall = world.mayFall(index, of: replica)
      falling = falling || mayFall
      guard !mayFall, let last = before.asked[contribution.signal] else { continue }
      let asks = contribution.replicas ?? 0
      #expect(asks >= last, "\(context): \(contribution.signal) from \(last): \(contribution)")
    }
    // A signal that has another name asks for nothing yet, and the floor stands for it.
    falling = falling || before.memory.floor != nil || Set(asked.keys) != Set(before.asked.keys)
    world.replicas[replica].asked = asked
    return falling
  }

  /// The answer is at least what the known signals ask, raised by the schedule's factor, and what was
  /// answered before an edit that has not been read yet.
  private func checkAnswer(
    _ decision: Decision, of replica: Int, in world: inout LossWorld, before: LossReplica,
    _ context: Place
  ) {
    let isUnknown = decision.contributions.contains { $0.state == .unknown }
    if !isUnknown { world.replicas[replica].floor = nil }
    guard let answer = decision.replicas else {
      #expect(isUnknown || decision.contributions.allSatisfy { $0.replicas == nil }, "\(context)")
      #expect(!isUnknown || before.floor == nil, "\(context): \(decision.contributions)")
      return
    }
    if isUnknown, let floor = before.floor { #expect(answer >= floor, "\(context)") }
    let factor = world.scheduled.compactMap(\.increase?.by).max()
    for (index, contribution) in decision.contributions.enumerated() {
      guard let asked = contribution.replicas else { continue }
      let isConstant = [.query, .checked].contains(world.role(index))
      let least = isConstant ? factor?.applied(to: asked) ?? asked : asked
      #expect(answer >= least, "\(context): \(decision.contributions)")
    }
  }
}
