package import DataSources
package import EventLoop
package import Scaling
package import Telemetry
package import Time

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

  let configuration: Configuration
  let logger: Logger
  var feeds: (any FeedSupplier)?
  var binder: PolicyBinder
  /// As it was given; what the binder has may answer for deleted policies, too.
  var catalog = Catalog()
  var hasCatalog = false
  var deleted = DeletedPolicies()
  /// Policies that are defined again after they were deleted.
  var returning: Set<ResourceName> = []
  /// What policies asked that are not in force, and what has yet to be kept.
  var memories = PolicyMemories()
  /// Triggers that go on with what another one asked before the restart, by the text of its key; see
  /// `memoryOfEdited`.
  var loans: [String: Set<PolicyKey>] = [:]
  var overrides = OverrideBook()
  /// On the loop's clock.
  var nextKeeping = Duration.zero
  var entries: [PolicyKey: PolicyEntry] = [:]
  /// Keys of entries that triggers adjusted or implied, by the name of the policy.
  var variants: [ResourceName: Set<PolicyKey>] = [:]
  var triggerPolicies = TriggerPolicies()
  /// The policy of each Kubernetes Service that one names, the first by name; both of a namespace.
  var services: [ResourceName: ResourceName] = [:]
  var dependents: [Feed: Set<PolicyKey>] = [:]
  var subscriptions = Subscriptions<WorkerMailbox>()
  var arrivals = Arrivals()
  var implied: ImpliedBudget
  var workers: [WorkerMailbox] = []
  var agenda = DeadlineQueue<Instant, PolicyEntry>()
  var layouts: ScheduleLayouts
  var timer: LoopTimer?
  var heartbeat: LoopTimer?
  var waitTimer: LoopTimer?
  /// Entries of which some feed has not been tried yet.
  var unprimed: Set<PolicyKey> = []
  var clockSteps = ClockStepDetector()
  /// When the process started to ask, on the loop's clock; nil once the first load has ended.
  var firstLoadStart: Duration?
  /// Policies of the first load of which not every signal is known yet.
  var awaited: Set<PolicyKey> = []
  /// Policies that have no number now.
  var unready: Set<PolicyKey> = []
  var onReady: (@Sendable () -> Void)?
  /// What becomes of signals that this process cannot read.
  var helpers = LossHelpers()
  var outbox = Outbox()
  var decisionLog = DecisionLog()
  var triggerLog = TriggerLog()
  var observers: [any DecisionObserver] = []

  package struct Configuration: Sendable {
    package var defaults: PolicyDefaults
    package var zones: any TimeZoneDatabase
    package var wallClock: @Sendable () -> Instant
    /// The first request for something not loaded at start waits that long for its first fetch
    /// (design section 2). An error has to be there within 300 ms (C24); the rest is for its way.
    package var firstFetchWait = Duration.milliseconds(250)
    /// How long the first load waits for sources that do not answer.
    package var firstLoadWait = Duration.seconds(10)
    /// The same while a manifest is broken, so that it is not known what its policies ask.
    package var brokenManifestWait = Duration.seconds(60)
    /// Takes what has to outlive the process, on the loop and without waiting: a rise at once,
    /// everything else within `keepingInterval`. Nil for a process that keeps nothing.
    package var keepMemory: (@Sendable (MemoryChanges) -> Void)?
    /// How often that is called, also without any change: that the process runs counts as well.
    package var keepingInterval = Duration.seconds(5)
    /// ScaledObjects known at once, over all workers: metadata is a tenant's, memory is not.
    package var maxSubscriptions = 200_000
    /// In bytes: what clients may have kept by names that no manifest holds (`--max-implied`).
    package var maxImplied = MemoryLimits().implied
    /// In bytes: past decisions of all policies together, each with the same part (`--max-history`).
    package var maxHistory = MemoryLimits().history

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
    implied = ImpliedBudget(limit: configuration.maxImplied)
    binder = PolicyBinder(
      catalog: Catalog(), defaults: configuration.defaults, zones: configuration.zones)
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
    firstLoadStart = loop.now
  }

  /// Has a closure called, once and on the loop, as soon as there is something to say: every signal
  /// of every policy of the first load is known, or has been waited for long enough (design,
  /// section 1, "Starts").
  package func whenReady(_ action: @escaping @Sendable () -> Void) {
    guard !isReady else { return action() }
    onReady = action
  }

  package func shutDown() {
    handOverMemory()
    timer = nil
    heartbeat = nil
    waitTimer = nil
    feeds?.shutdown()
    feeds = nil
    // They know the engine in turn.
    observers = []
    helpers = LossHelpers()
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

  /// Whether every policy of the first catalog is known, or has been waited for long enough.
  package var isReady: Bool { hasCatalog && firstLoadStart == nil && feeds != nil }

  /// What is missing for a whole answer: one sentence each for a few policies, and how many there
  /// are.
  package func missing(atMost limit: Int) -> (count: Int, sentences: [String]) {
    let keys = isReady ? unready : unready.union(awaited)
    let found = keys.prefix(limit).compactMap { key -> String? in
      guard let entry = entries[key], let decision = entry.decision else { return nil }
      if case .unavailable(let reason) = decision.outcome { return "\(key.name): \(reason)" }
      return decision.contributions.first(where: \.isMissing).map {
        "\(key.name): signal \"\($0.signal)\" is unknown: \($0.problem ?? "not read yet")"
      }
    }
    return (keys.count + catalog.broken.count, catalog.broken.prefix(limit) + found.sorted())
  }

  /// How many policies have no number now.
  package var unreadyCount: Int { unready.count }

  // MARK: What the side port shows

  var now: Instant { configuration.wallClock() }
  var allEntries: some Collection<PolicyEntry> { entries.values }
  func entry(_ key: PolicyKey) -> PolicyEntry? { entries[key] }
  /// By the text of its key.
  func entry(text: String) -> PolicyEntry? {
    if let name = PolicyKey.policy(text: text) { return entries[PolicyKey(name: name)] }
    guard let name = text.split(separator: "|").last.flatMap({ PolicyKey.policy(text: String($0)) })
    else { return nil }
    return variants[name]?.first { $0.text == text }.flatMap { entries[$0] }
  }
  /// The longest lead time of the policies that read a feed; zero where none does.
  package func leadTime(of feed: Feed) -> Duration {
    (dependents[feed] ?? []).reduce(.zero) { max($0, entries[$1]?.policy.leadWindow ?? .zero) }
  }
  func latest(_ feed: Feed) -> Reading? { feeds?.reading(of: feed) }
  package var sources: [SourceStatus] { feeds?.sources ?? [] }
  var subscriptionCount: Int { subscriptions.count }
  var impliedByteCount: Int { implied.byteCount }
  var historyByteCount: Int { entries.values.reduce(0) { $0 + $1.historyByteCount } }
}
