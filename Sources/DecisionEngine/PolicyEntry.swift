internal import Scaling

/// One policy in force: what its signals last knew, and the decision that follows.
///
/// Confined to the engine.
final class PolicyEntry: AgendaItem {
  let key: PolicyKey
  var due = Instant.distantFuture
  private var shared: Shared<Policy>
  private(set) var decision: Decision?
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

  /// Decides anew.
  ///
  /// - Returns: the decision before it, nil for the first.
  func decide(
    at now: Instant, layouts: inout ScheduleLayouts, reading: (Feed) -> Reading?
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
    keep(decision)
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

  /// The wall clock was set: schedules are laid out anew, and the memory keeps its age.
  func wallClockStepped(by step: Duration) {
    timelines = SignalTimelines()
    memory.wallClockStepped(by: step)
  }

  /// Somebody asked for the workload. To be followed by a decision.
  func wake(at instant: Instant) {
    memory.wokenUp(at: instant)
  }

  private func keep(_ decision: Decision) {
    if let previous = self.decision, decision.differs(from: previous) {
      let past = past ?? Past(history)
      past.history.record(decision, after: previous)
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
      let source = resolve(forecast.source, .forecaster, in: namespace, catalog)
      return .one(.forecast(source: source, workload: forecast.workload))
    case .prometheus(let prometheus):
      let source = resolve(prometheus.source, .prometheus, in: namespace, catalog)
      let feed = Feed.query(
        source: source, promQL: prometheus.query, onEmpty: prometheus.onEmpty)
      let refresh = catalog.dataSource(.prometheus, named: prometheus.source, in: namespace)?
        .refresh
      let uptime = prometheus.uptimeQuery(step: refresh ?? DataSource.Defaults.refresh).map {
        Feed.query(source: source, promQL: $0, onEmpty: .error)
      }
      let evidence = prometheus.evidence.map {
        Feed.query(source: source, promQL: $0, onEmpty: .zero)
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
