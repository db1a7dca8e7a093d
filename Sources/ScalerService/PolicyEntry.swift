internal import Scaling

/// One policy in force: what its signals last knew, and the decision that follows.
///
/// Confined to the engine.
final class PolicyEntry {
  let key: PolicyKey
  private(set) var policy: Policy
  /// One per signal, in order.
  private(set) var feeds: [SignalFeeds]
  private(set) var decision: Decision?
  /// What the decision was made from.
  private(set) var readings: [SignalReading] = []
  /// What was decided before.
  private(set) var history: DecisionHistory
  /// ScaledObjects that workers ask about and this policy answers.
  var subscribers: Set<ScaledObject> = []
  private var timelines: [ScheduleTimeline?]

  /// What one signal fetches.
  enum SignalFeeds: Hashable {
    case none
    case one(Feed)
    case withUptime(Feed, uptime: Feed)

    var all: [Feed] {
      switch self {
      case .none: []
      case .one(let feed): [feed]
      case .withUptime(let feed, let uptime): [feed, uptime]
      }
    }
  }

  init(key: PolicyKey, policy: Policy, catalog: Catalog) {
    self.key = key
    self.policy = policy
    feeds = policy.signals.map { Self.feeds(of: $0, in: policy.name.namespace, catalog) }
    timelines = Array(repeating: nil, count: policy.signals.count)
    history = DecisionHistory(of: policy.name)
  }

  /// Takes over an edited policy. The last decision stays, as the memory of the next one.
  ///
  /// - Returns: whether anything changed.
  func update(policy: Policy, catalog: Catalog) -> Bool {
    let feeds = policy.signals.map { Self.feeds(of: $0, in: policy.name.namespace, catalog) }
    guard policy != self.policy || feeds != self.feeds else { return false }
    self.policy = policy
    self.feeds = feeds
    timelines = Array(repeating: nil, count: policy.signals.count)
    return true
  }

  var allFeeds: Set<Feed> {
    Set(feeds.flatMap(\.all))
  }

  /// Decides anew.
  ///
  /// - Returns: the decision before it, nil for the first.
  func decide(
    at now: Instant, zones: any TimeZoneDatabase, reading: (Feed) -> Reading?
  ) -> Decision? {
    let previous = decision
    var readings: [SignalReading] = []
    readings.reserveCapacity(policy.signals.count)
    do {
      for (index, signal) in policy.signals.enumerated() {
        switch (signal.kind, feeds[index]) {
        case (.schedule(let schedule), _):
          readings.append(.schedule(try timeline(of: schedule, at: index, now: now, zones: zones)))
        case (.forecast, let feeds):
          readings.append(.forecast(feeds.all.first.flatMap(reading)))
        case (.prometheus, let feeds):
          let all = feeds.all
          readings.append(
            .prometheus(
              all.first.flatMap(reading), uptime: all.count > 1 ? reading(all[1]) : nil))
        }
      }
    } catch {
      keep(
        Decision(
          policy: policy.name, at: now, outcome: .unavailable(reason: "\(error)"),
          contributions: [], winner: nil, appliedLimits: [],
          validUntil: now.advanced(by: .seconds(60)),
          memory: previous?.memory ?? Decision.Memory()))
      return previous
    }
    self.readings = readings
    keep(
      Evaluator.decide(
        policy, readings: readings, memory: previous?.memory ?? Decision.Memory(), at: now))
    return previous
  }

  /// The wall clock was set: schedules are laid out anew, and the memory keeps its age.
  func wallClockStepped(by step: Duration) {
    timelines = Array(repeating: nil, count: policy.signals.count)
    decision?.memory.wallClockStepped(by: step)
  }

  /// Somebody asked for the workload. To be followed by a decision.
  func wake(at instant: Instant) {
    decision?.memory.wokenUp(at: instant)
  }

  private func keep(_ decision: Decision) {
    history.record(decision, after: self.decision)
    self.decision = decision
  }

  /// How far beyond the lead window a schedule is laid out at once: long enough to be rare, short
  /// enough that 100,000 policies do not fill the memory with rules of next week.
  private static let layoutSlack = Duration.seconds(6 * 3600)

  private func timeline(
    of schedule: Schedule, at index: Int, now: Instant, zones: any TimeZoneDatabase
  ) throws(UnknownTimeZone) -> ScheduleTimeline {
    let windowEnd = now.advanced(by: policy.leadWindow)
    if let timeline = timelines[index], timeline.from <= now, windowEnd < timeline.to {
      return timeline
    }
    let timeline = try schedule.timeline(
      from: now, to: windowEnd.advanced(by: Self.layoutSlack), zones: zones)
    timelines[index] = timeline
    return timeline
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
      guard let uptimeQuery = prometheus.uptimeQuery else { return .one(feed) }
      return .withUptime(
        feed, uptime: .query(source: source, promQL: uptimeQuery, onEmpty: .error))
    }
  }

  /// A name that nothing defines stays as it is: the supplier then says so in the reading.
  private static func resolve(
    _ name: String, _ kind: DataSource.Kind, in namespace: String?, _ catalog: Catalog
  ) -> ResourceName {
    catalog.dataSource(kind, named: name, in: namespace)?.name ?? ResourceName(name: name)
  }
}
