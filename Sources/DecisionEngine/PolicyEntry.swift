internal import Scaling
internal import Time

/// One policy in force: what its signals last knew, and the decision that follows.
///
/// Confined to the engine.
final class PolicyEntry {
  let key: PolicyKey
  /// In the engine's agenda; nil before the first decision.
  var turn: DeadlineQueue<Instant, PolicyEntry>.Token?
  private var shared: Shared<Policy>
  private(set) var decision: Decision?
  /// What it is counted with in `ImpliedBudget`.
  var cost = 0
  /// ScaledObjects that workers ask about and this policy answers.
  var subscribers: Set<ScaledObject> = []
  /// One per signal, in order; empty when none of them fetches anything.
  private var feeds: [SignalFeeds]
  private var timelines = SignalTimelines()
  /// Why a schedule could not be laid out at the last decision; nil for none.
  private var unreadable: String?
  /// When the first decision was made; means nothing before.
  private var start = Instant.distantPast
  /// Nil while no decision has differed from the first: most policies are like that most of the
  /// time, and a history of one entry would double what they take.
  private var past: Past?

  private final class Past {
    var history: DecisionHistory

    init(_ history: DecisionHistory) {
      self.history = history
    }
  }

  /// What one signal fetches.
  enum SignalFeeds: Hashable {
    case none
    case one(Feed)
    case query(Feed, uptime: Feed?, evidence: Feed?)

    var all: [Feed] {
      switch self {
      case .none: []
      case .one(let feed): [feed]
      case .query(let feed, let uptime, let evidence):
        [feed] + [uptime, evidence].compactMap(\.self)
      }
    }
  }

  init(key: PolicyKey, policy: Shared<Policy>, catalog: Catalog) {
    self.key = key
    shared = policy
    feeds = Self.feeds(of: policy.value, catalog)
  }

  var policy: Policy { shared.value }

  /// What the next decision has to know of the past.
  private(set) var memory = Decision.Memory()

  /// Begins with what the policy asked before it came into force. Before the first decision.
  func restore(_ memory: PolicyMemory) {
    self.memory = memory.serving(policy)
  }

  /// Takes from another replica what it knows better of what is lost here. To be followed by a
  /// decision.
  ///
  /// - Parameter reading: the latest of a feed.
  /// - Returns: whether anything was taken.
  func learn(_ learnt: PolicyMemory, reading: (Feed) -> Reading?) -> Bool {
    let readings = readings(reading)
    let lost = Set(readings.indices.filter { isLost($0) && readings[$0].isUnread })
    return memory.learn(learnt, of: policy, where: lost.contains)
  }

  /// The present replicas of the target stand in for what was never read. To be followed by a
  /// decision.
  ///
  /// - Returns: whether there is such a signal.
  func standIn(_ replicas: Int, at now: Instant) -> Bool {
    let unknown = Set(policy.signals.indices.filter(isUnknown))
    return memory.standIn(replicas, for: policy, at: now, where: unknown.contains)
  }

  /// Whether a signal that is fetched is neither fresh nor silent.
  func isLost(_ index: Int) -> Bool {
    guard let found = contribution(index) else { return false }
    return found.kind != .schedule && (found.state == .held || found.state == .unknown)
  }

  /// Whether nothing was ever known of a signal that is fetched.
  func isUnknown(_ index: Int) -> Bool {
    guard let found = contribution(index), found.kind != .schedule else { return false }
    return found.state == .unknown
      && (!memory.signals.indices.contains(index) || memory.signals[index] == nil)
  }

  private func contribution(_ index: Int) -> Contribution? {
    guard let decision, decision.contributions.indices.contains(index) else { return nil }
    return decision.contributions[index]
  }

  /// What people ask of the policy for a while. To be followed by a decision.
  func apply(_ overrides: [Override]) {
    guard !overrides.isEmpty || memory.overrides != nil else { return }
    memory.overrides = overrides.isEmpty ? nil : overrides
  }

  /// Whether its form of now has not been read in whole: a required signal is unknown, or its history is
  /// being read.
  var isIncomplete: Bool {
    guard let decision, decision.replicas != nil, memory.floor == nil else { return true }
    return decision.contributions.contains(where: \.isBeingLearnt)
  }

  /// Forgets what another definition of its signals asked. To be followed by a decision.
  ///
  /// - Returns: whether there was any.
  func forgetOtherDefinitions() -> Bool {
    var hasForgotten = false
    for index in memory.signals.indices where memory.signals[index]?.definition != nil {
      memory.signals[index] = nil
      hasForgotten = true
    }
    return hasForgotten
  }

  /// Does not answer less until all required signals are known.
  func keepFloor(_ replicas: Int) {
    memory.floor = max(memory.floor ?? 0, replicas)
  }

  /// What outlives the policy.
  var lasting: PolicyMemory {
    PolicyMemory(of: policy, memory, answer: decision?.replicas)
  }

  /// Whether its first decision was made less than that long ago. A clock that was set back since then
  /// cannot tell: no.
  func isYounger(than age: Duration, at now: Instant) -> Bool {
    decision == nil || (.zero..<age).contains(start.duration(to: now))
  }

  /// Takes over an edited policy. What its signals last asked is kept by their names.
  ///
  /// - Returns: whether anything changed.
  func update(policy: Shared<Policy>, catalog: Catalog) -> Bool {
    let feeds = Self.feeds(of: policy.value, catalog)
    let hasChanged = policy != shared || feeds != self.feeds
    memory = memory.edited(from: shared.value, to: policy.value, lastAnswer: decision?.replicas)
    shared = policy
    guard hasChanged else { return false }
    self.feeds = feeds
    timelines = SignalTimelines()
    return true
  }

  var allFeeds: Set<Feed> {
    Set(feeds.flatMap(\.all))
  }

  /// What each signal reads above all, one for each; nil for a schedule.
  var mainFeeds: [Feed?] {
    policy.signals.indices.map { $0 < feeds.count ? feeds[$0].all.first : nil }
  }

  /// Decides again.
  ///
  /// - Parameter historyRoom: bytes that its past decisions may take.
  /// - Returns: the decision before it, nil for the first.
  func decide(
    at now: Instant, layouts: inout ScheduleLayouts, historyRoom: Int,
    reading: (Feed) -> Reading?
  ) -> Decision? {
    let previous = decision
    let policy = policy
    unreadable = nil
    let windowEnd = now.advanced(by: policy.leadWindow)
    for (index, signal) in policy.signals.enumerated() {
      guard case .schedule(let schedule) = signal.kind,
        timelines[index]?.covers(from: now, to: windowEnd) != true
      else { continue }
      do throws(UnknownTimeZone) {
        timelines[index] = try layouts.timeline(of: schedule, from: now, to: windowEnd)
      } catch {
        timelines[index] = nil
        unreadable = "\(error)"
      }
    }
    var decision = Evaluator.decide(policy, readings: readings(reading), memory: memory, at: now)
    // The zone may be installed in the meantime.
    if unreadable != nil {
      decision.validUntil = min(decision.validUntil, now.advanced(by: .seconds(60)))
    }
    keep(decision, historyRoom: historyRoom)
    return previous
  }

  /// What the last decision was made from: every reading that arrives is followed by a decision.
  ///
  /// - Parameter reading: the latest of a feed.
  func readings(_ reading: (Feed) -> Reading?) -> [SignalReading] {
    shared.value.signals.indices.map { index in
      switch index < feeds.count ? feeds[index] : .none {
      case .none:
        if let unreadable, timelines[index] == nil { return .unreadable(unreadable) }
        return .schedule(timelines[index] ?? .nothing)
      case .one(let feed):
        return .forecast(reading(feed))
      case .query(let feed, let uptime, let evidence):
        return .prometheus(
          reading(feed), uptime: uptime.flatMap(reading), evidence: evidence.flatMap(reading))
      }
    }
  }

  /// What was decided before.
  var history: DecisionHistory {
    if let past { return past.history }
    var history = DecisionHistory(of: policy.name)
    guard var first = decision else { return history }
    first.at = start
    history.record(first, after: nil)
    return history
  }

  /// What the history takes in memory; nothing before the first change.
  var historyByteCount: Int { past?.history.byteCount ?? 0 }

  /// The wall clock was set: schedules are laid out again, and the memory keeps its age.
  func wallClockStepped(by step: Duration) {
    timelines = SignalTimelines()
    memory.wallClockStepped(by: step)
  }

  /// Somebody asked for the workload. To be followed by a decision.
  func wake(at instant: Instant) {
    memory.wokenUp(at: instant)
  }

  private func keep(_ decision: Decision, historyRoom: Int) {
    if let previous = self.decision, decision.differs(from: previous) {
      let past = past ?? Past(history)
      past.history.record(decision, after: previous, room: historyRoom)
      self.past = past
    }
    if self.decision == nil { start = decision.at }
    self.decision = decision
    memory = decision.memory
  }

  private static func feeds(of policy: Policy, _ catalog: Catalog) -> [SignalFeeds] {
    let all = policy.signals.map { feeds(of: $0, in: policy.name.namespace, catalog) }
    return all.allSatisfy { $0 == .none } ? [] : all
  }

  private static func feeds(
    of signal: Signal, in namespace: String?, _ catalog: Catalog
  ) -> SignalFeeds {
    switch signal.kind {
    case .schedule:
      return .none
    case .forecast(let forecast):
      switch forecast.origin {
      case .forecaster(let name, let workload):
        let source = resolve(name, .forecaster, in: namespace, catalog)
        return .one(
          .forecast(
            source: source, workload: workload, loads: forecast.plan?.threshold != nil,
            options: forecast.$options))
      case .json(let name, let query):
        let source = resolve(name, .http, in: namespace, catalog)
        return .one(
          .json(
            source: source, query, .forecast(loads: forecast.plan?.threshold != nil),
            options: forecast.$options))
      case .builtIn(let builtIn):
        let source = resolve(builtIn.source, .prometheus, in: namespace, catalog)
        return .one(.builtIn(source: source, builtIn))
      }
    case .prometheus(let prometheus):
      if let query = prometheus.$json {
        let source = resolve(prometheus.source, .http, in: namespace, catalog)
        return .query(
          .json(
            source: source, query, .number(onEmpty: prometheus.onEmpty),
            options: prometheus.$options), uptime: nil, evidence: nil)
      }
      let source = resolve(prometheus.source, .prometheus, in: namespace, catalog)
      let feed = Feed.query(
        source: source, promQL: prometheus.query, onEmpty: prometheus.onEmpty,
        options: prometheus.$options)
      let refresh =
        prometheus.options?.refresh
        ?? catalog.dataSource(.prometheus, named: prometheus.source, in: namespace)?.refresh
      let uptime = prometheus.uptimeQuery(step: refresh ?? DataSource.Defaults.refresh).map {
        Feed.query(
          source: source, promQL: $0, onEmpty: .error, options: prometheus.$options)
      }
      let evidence = prometheus.evidence.map {
        Feed.query(
          source: source, promQL: $0, onEmpty: .zero, options: prometheus.$options)
      }
      return .query(feed, uptime: uptime, evidence: evidence)
    }
  }

  /// A name that nothing defines stays as it is: the supplier then says so in the reading.
  private static func resolve(
    _ name: String, _ kind: DataSource.Kind, in namespace: String?, _ catalog: Catalog
  ) -> ResourceName {
    catalog.dataSource(kind, named: name, in: namespace)?.name ?? ResourceName(name: name)
  }
}

/// By identity.
extension PolicyEntry: Hashable {
  static func == (left: PolicyEntry, right: PolicyEntry) -> Bool { left === right }

  func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(self))
  }
}
