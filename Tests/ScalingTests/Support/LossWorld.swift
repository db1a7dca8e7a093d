internal import Scaling
internal import TestKit
internal import Time

/// A policy, what is true of its load, and two replicas of Headstart that read it: sources fail, answer
/// in part, say nothing or come back, evidence fails and flaps, targets vanish for a while, replicas
/// restart with their memory or without it and tell each other, and somebody edits the policy.
struct LossWorld {
  private(set) var now = base
  private(set) var policy: Policy
  var replicas: [LossReplica]
  private var truths: [LossTruth]
  private let timeline: ScheduleTimeline
  private var random: SeededGenerator
  private var editCount = 0
  /// What of the schedule lies in the window now; nothing without one.
  private(set) var scheduled: ArraySlice<ScheduleTimeline.Step> = []

  /// - Parameter rounds: how often it is advanced at most.
  init(seed: UInt64, rounds: Int) {
    var random = SeededGenerator(seed: seed)
    let roles = LossTruth.Role.allCases.filter { _ in random.chance(60) }
    truths = (roles.isEmpty ? [.query] : roles).map { LossTruth($0) }
    policy = Policy(
      name: ResourceName(name: "p"), leadTime: .seconds(120),
      hold: random.chance(70) ? .forever : .upTo(.seconds(600)),
      signals: truths.map(\.role.signal))
    replicas = [LossReplica(count: truths.count), LossReplica(count: truths.count)]
    timeline = Self.timeline(until: base + .seconds(5 * rounds + 1000), using: &random)
    self.random = random
    for index in truths.indices { read(index) }
    scheduled = steps
  }

  /// Replicas of its own, and relative ones that come and go.
  private static func timeline(
    until end: Instant, using random: inout SeededGenerator
  ) -> ScheduleTimeline {
    let factors = [nil, nil, 1200, 1500, 3000].map { thousandths in
      thousandths.flatMap { RelativeReplicas(thousandths: $0, isPercentage: $0 == 1200) }
    }
    var steps: [ScheduleTimeline.Step] = []
    var start = base
    while start < end {
      steps.append(
        ScheduleTimeline.Step(
          start: start, replicas: Int.random(in: 0...4, using: &random), rule: nil, cap: nil,
          capRule: nil, increase: random.pick(factors).map { .init(by: $0, rule: 0) }))
      start = start + .milliseconds(random.seconds(30...400))
    }
    return ScheduleTimeline(from: base, to: end + .seconds(1000), steps: steps)
  }

  /// Five seconds pass.
  mutating func advance() {
    now = now + .seconds(5)
    scheduled = steps
    for replica in replicas.indices where random.chance(1) {
      restart(replica, keepsMemory: random.chance(60))
    }
    if random.chance(1) { edit() }
    for index in truths.indices { read(index) }
    for replica in replicas.indices where random.chance(40) { learn(replica) }
  }

  /// What one replica's policy says now. Its memory goes on from there.
  mutating func decide(_ replica: Int) -> Decision {
    let decision = Evaluator.decide(
      policy, readings: readings(of: replica), memory: replicas[replica].memory, at: now)
    for (index, contribution) in decision.contributions.enumerated()
    where replicas[replica].reads[index].isPartial {
      let last = replicas[replica].asked[contribution.signal] ?? 0
      guard contribution.replicas ?? 0 > last, contribution.origin == .source else { continue }
      replicas[replica].reads[index].answeredAt = now
    }
    replicas[replica].memory = decision.memory
    replicas[replica].decision = decision
    return decision
  }

  /// Whether a signal's demand may be lower than at the replica's last decision.
  func mayFall(_ index: Int, of replica: Int) -> Bool {
    let read = replicas[replica].reads[index]
    if read.isLearnt || holdIsOver(index, of: replica) { return true }
    return switch truths[index].role {
    // By a fresh snapshot, or by the steps of the series that it has.
    case .forecast: read.isRead || replicas[replica].memory.signals[index]?.series != nil
    case .query: read.isRead
    case .checked: read.isRead && read.isOfAllTargets
    case .schedule: true
    }
  }

  private var steps: ArraySlice<ScheduleTimeline.Step> {
    guard truths.contains(where: { $0.role == .schedule }) else { return [] }
    let end = timeline.steps.firstIndex { $0.start >= now + policy.leadTime }
    let first = timeline.steps[..<(end ?? timeline.steps.endIndex)].lastIndex { $0.start <= now }
    return timeline.steps[(first ?? 0)..<(end ?? timeline.steps.endIndex)]
  }

  func role(_ index: Int) -> LossTruth.Role { truths[index].role }

  private func holdIsOver(_ index: Int, of replica: Int) -> Bool {
    guard case .upTo(let hold) = policy.hold,
      let since = replicas[replica].memory.signals[index]?.lostSince
    else { return false }
    return now >= since + hold
  }

  private func readings(of replica: Int) -> [SignalReading] {
    zip(truths, replicas[replica].reads).map { truth, read -> SignalReading in
      switch truth.role {
      case .forecast: .forecast(read.reading)
      case .query: .prometheus(read.reading)
      case .checked: .prometheus(read.reading, evidence: read.evidence)
      case .schedule: .schedule(timeline)
      }
    }
  }

  // MARK: What happens

  /// The truth moves on, and every replica looks at it: at the value, and a second later at the evidence.
  private mutating func read(_ index: Int) {
    let vanishesBetween = random.chance(50)
    truths[index].drift(using: &random)
    if !vanishesBetween { truths[index].changeTargets(at: now, using: &random) }
    for replica in replicas.indices {
      replicas[replica].reads[index].change(using: &random)
      replicas[replica].reads[index].read(truths[index], at: now - .seconds(2), using: &random)
    }
    if vanishesBetween { truths[index].changeTargets(at: now, using: &random) }
    for replica in replicas.indices where truths[index].role == .checked {
      replicas[replica].reads[index].readEvidence(
        truths[index].targets, at: now - .seconds(1), using: &random)
    }
  }

  /// Readings are lost. What the signals asked is known from the disk, or from the other replica.
  private mutating func restart(_ replica: Int, keepsMemory: Bool) {
    let found =
      keepsMemory
      ? lasting(replica).restored(written: now, shiftedBy: .zero)
      : lasting(1 - replica).learnt(from: "10.0.0.7", at: now)
    let before = replicas[replica]
    replicas[replica] = LossReplica(count: truths.count, memory: found.serving(policy))
    guard keepsMemory else { return }
    replicas[replica].asked = before.asked
    replicas[replica].floor = before.floor
  }

  private func lasting(_ replica: Int) -> PolicyMemory {
    PolicyMemory(
      of: policy, replicas[replica].memory, answer: replicas[replica].decision?.replicas)
  }

  /// What the other replica has just read of signals that are lost here.
  private mutating func learn(_ replica: Int) {
    var told = lasting(1 - replica).learnt(from: "10.0.0.7", at: now)
    let fresh = replicas[1 - replica].memory.signals
    for (signal, memory) in zip(policy.signals, fresh) where memory?.lostSince != nil {
      told.signals[signal.name] = nil
    }
    let before = replicas[replica].memory.signals
    let readings = readings(of: replica)
    let contributions = replicas[replica].decision?.contributions ?? []
    let lost = contributions.indices.filter {
      [.held, .unknown].contains(contributions[$0].state) && readings[$0].isUnread
    }
    _ = replicas[replica].memory.learn(told, of: policy, where: lost.contains)
    for (index, memory) in replicas[replica].memory.signals.enumerated()
    where index < before.count && memory != before[index] {
      let last = replicas[replica].reads[index].answeredAt ?? .distantPast
      replicas[replica].reads[index].isLearnt = memory?.readAt ?? .distantPast >= last
    }
  }

  /// The query is changed, or has another name: it has not been read yet.
  private mutating func edit() {
    guard let index = truths.firstIndex(where: { $0.role == .query }),
      case .prometheus(var signal) = policy.signals[index].kind
    else { return }
    let old = policy
    editCount += 1
    signal.query += "+0"
    policy.signals[index].kind = .prometheus(signal)
    if random.chance(30) { policy.signals[index].name = "live\(editCount)" }
    for replica in replicas.indices {
      let answer = replicas[replica].decision?.replicas
      replicas[replica].memory = replicas[replica].memory.edited(
        from: old, to: policy, lastAnswer: answer)
      replicas[replica].reads[index] = LossRead()
      replicas[replica].reads[index].state = .failing
      if policy.signals[index].name != old.signals[index].name {
        replicas[replica].floor = answer ?? replicas[replica].floor
      }
    }
  }
}
