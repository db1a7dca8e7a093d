package import DataSources
package import EventLoop
package import Scaling
package import Telemetry

/// Decides for every policy in force, whenever something that a decision rests on changes: a
/// reading, the policy, or the time at which the last decision ends.
///
/// 1. Keeps one entry for each policy of the catalog, and for each other one that a ScaledObject
///    implies or adjusts.
/// 2. Retains the feeds of the entries, and decides again when a reading arrives.
/// 3. Wakes up when a decision's validity ends, so that a rise of the schedule is known the moment
///    it enters the lead window.
/// 4. Tells the gRPC loops the answers that they have asked for, and every later change. The loops
///    answer RPCs from that alone; they share nothing with the engine but these values.
///
/// Lives on the control loop, together with the data sources. Deciding in one place makes every
/// worker's GetMetrics and IsActive come from one decision (C8), with one memory of the last
/// complete one.
package actor DecisionEngine {
  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  private let configuration: Configuration
  private let logger: Logger
  private var feeds: (any FeedSupplier)?
  private var binder: PolicyBinder
  private var entries: [PolicyKey: PolicyEntry] = [:]
  /// Keys of entries that triggers adjusted or implied, by the name of the policy.
  private var variants: [ResourceName: Set<PolicyKey>] = [:]
  /// The policy of each Kubernetes Service that one names, the first by name; both of a namespace.
  private(set) var services: [ResourceName: ResourceName] = [:]
  private var dependents: [Feed: Set<PolicyKey>] = [:]
  private var subscriptions = Subscriptions<WorkerMailbox>()
  private var workers: [WorkerMailbox] = []
  private var agenda = Agenda<PolicyEntry>()
  private var layouts: ScheduleLayouts
  private var timer: LoopTimer?
  private var heartbeat: LoopTimer?
  private var waitTimer: LoopTimer?
  /// Entries of which some feed has not been tried yet.
  private var unprimed: Set<PolicyKey> = []
  private var clockSteps = ClockStepDetector()
  /// When the first load ends whatever is still missing; nil once it has.
  private var firstLoadDeadline: Duration?
  private var outbox = Outbox()
  private var decisionLog = DecisionLog()
  private var observers: [any DecisionObserver] = []

  package struct Configuration: Sendable {
    package var defaults: PolicyDefaults
    package var zones: any TimeZoneDatabase
    package var wallClock: @Sendable () -> Instant
    /// The first request for something not loaded at start waits that long for its first fetch
    /// (design section 2).
    package var firstFetchWait = Duration.milliseconds(300)
    /// `/readyz` waits that long for sources that do not answer at start.
    package var firstLoadWait = Duration.seconds(10)
    /// ScaledObjects known at once, over all workers: metadata is a tenant's, memory is not.
    package var maxSubscriptions = 200_000

    package init(
      defaults: PolicyDefaults, zones: any TimeZoneDatabase,
      wallClock: @escaping @Sendable () -> Instant
    ) {
      self.defaults = defaults
      self.zones = zones
      self.wallClock = wallClock
    }
  }

  package init(loop: EventLoop, configuration: Configuration, logger: Logger) {
    self.loop = loop
    self.configuration = configuration
    self.logger = logger
    binder = PolicyBinder(catalog: Catalog(), defaults: configuration.defaults)
    layouts = ScheduleLayouts(zones: configuration.zones)
  }

  // MARK: Life

  /// Starts deciding. Before anything else, on the loop.
  ///
  /// - Parameter makeFeeds: makes the supplier of readings, which calls what it is given for every
  ///   reading that it obtains, on the loop.
  package func start(
    makeFeeds: (_ onReading: @escaping (Feed, Reading) -> Void) throws -> any FeedSupplier
  ) throws {
    feeds = try makeFeeds { [unowned self] feed, _ in
      self.assumeIsolated { $0.readingArrived(for: feed) }
    }
    timer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.decideWhatIsDue() }
    }
    waitTimer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.waitEnded() }
    }
    let heartbeat = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.secondPassed() }
    }
    // Catches what a timer set by the wall clock misses when that clock is set.
    heartbeat.start(after: .seconds(1), repeating: .seconds(1))
    // What the first look will compare with.
    noticeClockStep()
    self.heartbeat = heartbeat
    firstLoadDeadline = loop.now + configuration.firstLoadWait
  }

  package func shutDown() {
    timer = nil
    heartbeat = nil
    waitTimer = nil
    feeds?.shutdown()
    feeds = nil
    // They know the engine in turn.
    observers = []
  }

  package func add(worker: WorkerMailbox) {
    workers.append(worker)
    if isReady { worker.post(.ready) }
  }

  /// Tells an observer every decision from now on, beginning with those in force.
  package func add(observer: any DecisionObserver) {
    observers.append(observer)
    for entry in entries.values {
      guard let decision = entry.decision else { continue }
      observer.decided(entry.key, entry.policy, decision)
    }
  }

  /// Whether every policy of the first catalog has its first readings, or has waited long enough.
  package var isReady: Bool { firstLoadDeadline == nil && feeds != nil }

  // MARK: Policies

  /// Puts a catalog into force, in place of the last one.
  package func update(catalog: Catalog) {
    binder = PolicyBinder(catalog: catalog, defaults: configuration.defaults)
    feeds?.update(dataSources: catalog.dataSources)
    let now = configuration.wallClock()
    services = [:]
    entries.reserveCapacity(catalog.policies.count)
    for policy in catalog.policies.values {
      putInForce(BoundPolicy(policy: policy, isImplied: false, leadTime: nil), at: now)
      noteService(of: policy.value)
    }
    rebindSubscriptions(at: now)
    // Every policy of the catalog has an entry by now: are there others?
    if entries.count > catalog.policies.count {
      for (key, entry) in entries where isUnwanted(entry, key, in: catalog) {
        remove(entry)
      }
    }
    finishPass()
    endFirstLoadIfDone()
  }

  private func noteService(of policy: Policy) {
    guard let service = policy.activity?.service else { return }
    let key = ResourceName(namespace: policy.name.namespace, name: service)
    services[key] = services[key].map { min($0, policy.name) } ?? policy.name
  }

  /// The policy's entry, and those with the lead times that triggers ask of it.
  func entries(named name: ResourceName) -> [PolicyEntry] {
    let keys = [PolicyKey(name: name)] + (variants[name].map(Array.init) ?? [])
    return keys.compactMap { entries[$0] }
  }

  private func putInForce(_ bound: BoundPolicy, at now: Instant) {
    let catalog = binder.catalog
    guard let entry = entries[bound.key] else {
      let entry = PolicyEntry(key: bound.key, policy: bound.policy, catalog: catalog)
      entries[bound.key] = entry
      if !bound.key.isUnchanged {
        variants[bound.key.name, default: []].insert(bound.key)
      }
      retain(entry.allFeeds, for: bound.key)
      if !hasBeenRead(entry) { unprimed.insert(bound.key) }
      decide(entry, at: now)
      return
    }
    let before = entry.allFeeds
    guard entry.update(policy: bound.policy, catalog: catalog) else { return }
    let after = entry.allFeeds
    retain(after.subtracting(before), for: bound.key)
    release(before.subtracting(after), for: bound.key)
    if !hasBeenRead(entry) { unprimed.insert(bound.key) }
    decide(entry, at: now)
  }

  private func rebindSubscriptions(at now: Instant) {
    for object in subscriptions.objects {
      let previous = try? subscriptions.binding(of: object)?.get()
      let binding = bind(object, at: now)
      subscriptions.bind(object, to: binding)
      let current = try? binding.get()
      guard current != previous || current == nil else { continue }
      if let previous { entries[previous]?.subscribers.remove(object) }
      tellInformed(of: object)
    }
  }

  /// Finds or makes the entry that answers an object, and enters the object with it.
  private func bind(_ object: ScaledObject, at now: Instant) -> Result<PolicyKey, AnswerError> {
    do throws(AnswerError) {
      let bound = try binder.bind(object)
      putInForce(bound, at: now)
      entries[bound.key]?.subscribers.insert(object)
      return .success(bound.key)
    } catch {
      return .failure(error)
    }
  }

  private func isUnwanted(_ entry: PolicyEntry, _ key: PolicyKey, in catalog: Catalog) -> Bool {
    guard entry.subscribers.isEmpty else { return false }
    return key.isImplied || key.leadTime != nil || catalog.policies[key.name] == nil
  }

  private func remove(_ entry: PolicyEntry) {
    release(entry.allFeeds, for: entry.key)
    entries[entry.key] = nil
    variants[entry.key.name]?.remove(entry.key)
    if variants[entry.key.name]?.isEmpty == true { variants[entry.key.name] = nil }
    unprimed.remove(entry.key)
    agenda.remove(entry)
    for observer in observers { observer.dropped(entry.key) }
  }

  private func retain(_ added: Set<Feed>, for key: PolicyKey) {
    for feed in added {
      dependents[feed, default: []].insert(key)
      feeds?.retain(feed)
    }
  }

  private func release(_ dropped: Set<Feed>, for key: PolicyKey) {
    for feed in dropped {
      dependents[feed]?.remove(key)
      if dependents[feed]?.isEmpty == true { dependents[feed] = nil }
      feeds?.release(feed)
    }
  }

  // MARK: Deciding

  func decide(_ entry: PolicyEntry, at now: Instant) {
    let previous = entry.decide(at: now, layouts: &layouts) { [feeds] feed in
      feeds?.reading(of: feed)
    }
    guard let decision = entry.decision else { return }
    agenda.set(entry, at: decision.validUntil)
    for observer in observers { observer.decided(entry.key, entry.policy, decision) }
    guard decision.outcome != previous?.outcome else { return }
    decisionLog.record(decision, previous: previous, at: now, to: logger)
    let answer = Answer(decision, whenUnavailable: entry.policy.whenUnavailable)
    for object in entry.subscribers {
      outbox.put(AnswerUpdate(object: object, answer: answer), subscriptions.informed(of: object))
    }
  }

  private func readingArrived(for feed: Feed) {
    let now = configuration.wallClock()
    for key in dependents[feed] ?? [] {
      guard let entry = entries[key] else { continue }
      decide(entry, at: now)
      guard unprimed.contains(key), hasBeenRead(entry) else { continue }
      unprimed.remove(key)
      for object in entry.subscribers { informWaiting(of: object) }
    }
    finishPass()
    endFirstLoadIfDone()
  }

  /// How many decisions one turn of the loop makes before sockets and timers get their turn.
  private static let decisionsPerTurn = 5000

  /// Decides again for every policy whose last decision has ended. The timer calls it.
  package func decideWhatIsDue() {
    let now = configuration.wallClock()
    for _ in 0..<Self.decisionsPerTurn {
      guard let entry = agenda.popDue(at: now) else { break }
      decide(entry, at: now)
    }
    finishPass()
  }

  /// Schedules and forecasts mean the wall clock; how long a reading is held does not. When the wall
  /// clock is set, what was dated by it moves along, and everything is decided again.
  ///
  /// The engine looks every second.
  package func noticeClockStep() {
    let now = configuration.wallClock()
    guard let step = clockSteps.step(monotonic: .nanoseconds(EventLoop.clock), wall: now) else {
      return
    }
    logger.warning("the wall clock was set", ["by": .duration(step)])
    feeds?.wallClockStepped(by: step)
    layouts.removeAll()
    for entry in entries.values {
      entry.wallClockStepped(by: step)
      decide(entry, at: now)
    }
  }

  private func secondPassed() {
    noticeClockStep()
    decideWhatIsDue()
    endFirstLoadIfDone()
  }

  private func waitEnded() {
    for object in subscriptions.popExpiredWaits(at: loop.now) { informWaiting(of: object) }
    finishPass()
    guard let next = subscriptions.nextDeadline else { return }
    waitTimer?.start(after: next - loop.now)
  }

  /// The last decision of an entry was made from these.
  func readings(of entry: PolicyEntry) -> [SignalReading] {
    entry.readings { [feeds] feed in feeds?.reading(of: feed) }
  }

  /// Ends one pass: hands the loops what changed, and sets the timer for the next decision.
  func finishPass() {
    outbox.flush()
    decisionLog.endPass(logger)
    guard let next = agenda.next else {
      timer?.stop()
      return
    }
    timer?.start(after: max(configuration.wallClock().duration(to: next), .zero))
  }

  // MARK: What the side port shows

  var now: Instant { configuration.wallClock() }
  var allEntries: some Collection<PolicyEntry> { entries.values }
  func entry(_ key: PolicyKey) -> PolicyEntry? { entries[key] }
  package var sources: [SourceStatus] { feeds?.sources ?? [] }
  var subscriptionCount: Int { subscriptions.count }
  var historyByteCount: Int { entries.values.reduce(0) { $0 + $1.historyByteCount } }

  // MARK: Workers

  /// A worker asks for the answers of an object, now and from now on.
  package func subscribe(_ object: ScaledObject, worker: WorkerMailbox) {
    if subscriptions.binding(of: object) == nil {
      guard subscriptions.count < configuration.maxSubscriptions else {
        let error = AnswerError(
          .tooManyObjects,
          "\(configuration.maxSubscriptions) ScaledObjects are known already, which is the "
            + "limit: are trigger metadata generated?")
        worker.post(.answers([AnswerUpdate(object: object, answer: Answer(error))]))
        return
      }
      subscriptions.bind(object, to: bind(object, at: configuration.wallClock()))
    }
    if isPrimed(object) {
      subscriptions.inform(worker, of: object)
      if let answer = answer(for: object) {
        outbox.put(AnswerUpdate(object: object, answer: answer), [worker])
      }
    } else {
      let isOnly = subscriptions.nextDeadline == nil
      subscriptions.wait(worker, for: object, until: loop.now + configuration.firstFetchWait)
      if isOnly { waitTimer?.start(after: configuration.firstFetchWait) }
    }
    finishPass()
  }

  /// A worker has not been asked about these objects for a long time.
  package func unsubscribe(_ objects: [ScaledObject], worker: WorkerMailbox) {
    for object in objects {
      guard let binding = subscriptions.remove(worker, from: object),
        let key = try? binding.get(), let entry = entries[key]
      else { continue }
      entry.subscribers.remove(object)
      if isUnwanted(entry, key, in: binder.catalog) { remove(entry) }
    }
  }

  private func isPrimed(_ object: ScaledObject) -> Bool {
    guard let key = try? subscriptions.binding(of: object)?.get() else { return true }
    return !unprimed.contains(key)
  }

  private func hasBeenRead(_ entry: PolicyEntry) -> Bool {
    entry.allFeeds.allSatisfy { feeds?.reading(of: $0) != nil }
  }

  private func answer(for object: ScaledObject) -> Answer? {
    switch subscriptions.binding(of: object) {
    case nil:
      return nil
    case .failure(let error):
      return Answer(error)
    case .success(let key):
      guard let entry = entries[key], let decision = entry.decision else { return nil }
      return Answer(decision, whenUnavailable: entry.policy.whenUnavailable)
    }
  }

  private func tellInformed(of object: ScaledObject) {
    guard let answer = answer(for: object) else { return }
    outbox.put(AnswerUpdate(object: object, answer: answer), subscriptions.informed(of: object))
  }

  private func informWaiting(of object: ScaledObject) {
    guard let answer = answer(for: object) else { return }
    outbox.put(
      AnswerUpdate(object: object, answer: answer), subscriptions.endWaiting(for: object))
  }

  private func endFirstLoadIfDone() {
    guard let deadline = firstLoadDeadline, feeds != nil else { return }
    guard loop.now >= deadline || unprimed.isEmpty else { return }
    firstLoadDeadline = nil
    for worker in workers { worker.post(.ready) }
  }
}
