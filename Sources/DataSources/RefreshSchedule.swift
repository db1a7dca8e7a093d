internal import HTTPClient
internal import Scaling
internal import Time

/// Decides which feed is fetched when: the state machine of `FeedRefresher`.
///
/// Pure: its inputs are what happened and when, on the loop's clock, and its orders come from
/// `timeArrived` alone, a bounded number at a time. Each data source has its own limit of
/// concurrent fetches and its own line of feeds that wait for their turn, so one slow source does
/// not hold up another.
///
/// While a source is failing only a few of its feeds are tried. The others take over its failure
/// when they are due, so that none looks fresh merely because no one asked.
struct RefreshSchedule {
  private var entries: [FetchTarget: RefreshEntry] = [:]
  private var sources: [DataSourceKey: RefreshSource] = [:]
  private var due = DeadlineQueue<Turn, FetchTarget>()
  private var pace: RefreshPace
  private var turns: UInt64 = 0
  /// Sources with feeds in line and room for a fetch.
  private var sourcesWithRoom: Set<DataSourceKey> = []
  /// Released for the last time since the last turn.
  private var unwanted: Set<FetchTarget> = []
  /// Fetches under way that a change of their source has overtaken.
  private var cancelled: [FetchTarget] = []

  /// Feeds that one turn looks at, so that it stays short however many are due.
  static let feedsPerTurn = 256

  enum Order: Hashable {
    case fetch(FetchTarget)
    /// It cannot be fetched now; its reading has failed.
    case fail(FetchTarget, Obstacle)
    /// Drop the fetch under way; its end must not be reported to the schedule.
    case cancel(FetchTarget)
    /// As `cancel`, and forget the reading.
    case forget(FetchTarget)
  }

  /// When something is due: of two at one time, what was entered first comes first.
  struct Turn: Comparable {
    /// On the loop's clock.
    var time: Duration
    var number: UInt64

    static func < (left: Turn, right: Turn) -> Bool {
      left.time == right.time ? left.number < right.number : left.time < right.time
    }
  }

  enum Obstacle: Hashable {
    case sourceNotDefined
    case sourceFailing
    /// It has waited for its turn for a whole refresh interval, and goes on waiting.
    case sourceTooSlow
  }

  init(jitter: JitterSource) {
    pace = RefreshPace(jitter: jitter)
  }

  // MARK: Feeds come and go

  mutating func feedRetained(_ feed: Feed, now: Duration) {
    let target = FetchTarget.feed(feed)
    if let references = entries[target]?.references {
      entries[target]?.references = references + 1
      unwanted.remove(target)
      return
    }
    add(target, due: now)
    remove(.probe(feed.sourceKey))
  }

  /// The last release takes effect with the next turn, so that releasing and retaining in one go,
  /// as a reload does, costs nothing.
  mutating func feedReleased(_ feed: Feed) {
    let target = FetchTarget.feed(feed)
    guard let references = entries[target]?.references, references > 0 else { return }
    entries[target]?.references = references - 1
    if references == 1 { unwanted.insert(target) }
  }

  // MARK: Sources come and go

  /// The source is new, or its definition has changed: its feeds are fetched again soon.
  mutating func sourceDefined(_ key: DataSourceKey, refresh: Duration, now: Duration) {
    sources[key, default: RefreshSource()].refresh = Self.bounded(refresh)
    restart(key, now: now)
    if sources[key]?.targets.isEmpty == true { add(.probe(key), due: now) }
  }

  mutating func sourceRemoved(_ key: DataSourceKey, now: Duration) {
    remove(.probe(key))
    sources[key]?.refresh = nil
    restart(key, now: now)
    if sources[key]?.targets.isEmpty == true { sources[key] = nil }
  }

  // MARK: Fetches end

  mutating func fetchSucceeded(_ target: FetchTarget, now: Duration) -> SourceHealth.OnAnswer {
    guard let (entry, started, refresh) = ended(target) else { return .none }
    entries[target]?.failures = 0
    entries[target]?.isSpread = true
    entries[target]?.wasRead = true
    setAnswered(target, true)
    let wait =
      entry.isSpread
      ? pace.regular(refresh: refresh) : pace.spread(feed: entry.number, refresh: refresh)
    sleep(target, until: max(started + wait, now))
    return answered(target.sourceKey, now: now)
  }

  /// - Parameters:
  ///   - concernsSource: Whether the failure may be the source's, and not this feed's alone.
  ///   - retryAfter: How long the server asks to be left alone with this feed; nil where it does
  ///     not say.
  mutating func fetchFailed(
    _ target: FetchTarget, concernsSource: Bool, retryAfter: Duration? = nil, now: Duration
  ) -> OnFailure {
    guard let (_, started, _) = ended(target) else { return .none }
    let key = target.sourceKey
    let rest = retryAfter.map { now + pace.rest($0) } ?? .zero
    entries[target]?.restsUntil = rest
    setAnswered(target, !concernsSource)
    backOff(target, since: started, concernsSource: concernsSource, now: now)
    guard concernsSource else {
      return answered(key, now: now) == .recovered ? .sourceRecovered : .none
    }
    let (feeds, answered) = (sources[key]?.targets.count ?? 0, sources[key]?.answered ?? 0)
    let order = sources[key]?.health.failed(feeds: feeds, answered: answered)
    if let source = sources[key], source.health == .failing {
      sources[key]?.restsUntil = max(source.restsUntil, rest)
    }
    guard order == .wentDown else { return .none }
    emptyLine(of: key, now: now)
    return .sourceWentDown
  }

  enum OnFailure: Hashable {
    case none
    case sourceWentDown
    /// The source answered, although nothing of use.
    case sourceRecovered
  }

  // MARK: Turns

  /// What to do now. When more is due than one turn may do, `nextTurn` says "at once".
  mutating func timeArrived(now: Duration) -> [Order] {
    var orders = cancelled.map(Order.cancel)
    cancelled = []
    for target in unwanted {
      remove(target)
      orders.append(.forget(target))
      watchIdleSource(target.sourceKey, now: now)
    }
    unwanted = []
    startWaiting(now: now, &orders)
    for _ in 0..<Self.feedsPerTurn {
      guard let target = due.takeExpired(at: Turn(time: now, number: .max)) else { break }
      guard let entry = entries[target] else { continue }
      if let order = becameDue(target, entry, now: now) { orders.append(order) }
    }
    return orders
  }

  /// When `timeArrived` is wanted next, if nothing happens before; nil for never.
  func nextTurn(now: Duration) -> Duration? {
    guard cancelled.isEmpty, unwanted.isEmpty, sourcesWithRoom.isEmpty else { return now }
    return due.earliest?.time
  }

  // MARK: What is known

  func health(of key: DataSourceKey) -> SourceHealth {
    sources[key]?.health ?? .unknown(failures: 0)
  }

  func inFlight(at key: DataSourceKey) -> Int {
    sources[key]?.inFlight ?? 0
  }

  /// Items in the queue of what is due.
  var queueLength: Int { due.count }

  /// Probes not counted.
  func feeds(of key: DataSourceKey) -> Int {
    guard let targets = sources[key]?.targets else { return 0 }
    return targets.count - (targets.contains(.probe(key)) ? 1 : 0)
  }
}

// MARK: - Private

extension RefreshSchedule {
  private mutating func add(_ target: FetchTarget, due time: Duration) {
    let key = target.sourceKey
    let number = sources[key, default: RefreshSource()].insert(target)
    entries[target] = RefreshEntry(number: number)
    sleep(target, until: time)
  }

  private mutating func remove(_ target: FetchTarget) {
    guard let entry = entries.removeValue(forKey: target) else { return }
    let key = target.sourceKey
    if let turn = entry.turn { due.remove(turn) }
    sources[key]?.remove(target)
    if entry.isAnswered { sources[key]?.answered -= 1 }
    if case .fetching = entry.state {
      freeSlot(of: key)
      if case .probe = target { cancelled.append(target) }
    }
    if let source = sources[key], source.targets.isEmpty, source.refresh == nil {
      sources[key] = nil
    }
  }

  /// Keeps an eye on a defined source that has no feeds any more.
  private mutating func watchIdleSource(_ key: DataSourceKey, now: Duration) {
    guard let source = sources[key], source.targets.isEmpty, let refresh = source.refresh else {
      return
    }
    add(.probe(key), due: now + pace.regular(refresh: refresh))
  }

  /// Forgets how the source did, and makes all of its feeds due.
  private mutating func restart(_ key: DataSourceKey, now: Duration) {
    sources[key]?.health = .unknown(failures: 0)
    sources[key]?.inFlight = 0
    sources[key]?.restsUntil = .zero
    sources[key]?.line.removeAll()
    sourcesWithRoom.remove(key)
    for target in sources[key]?.targets ?? [] {
      if case .fetching = entries[target]?.state { cancelled.append(target) }
      entries[target]?.failures = 0
      entries[target]?.isSpread = false
      setAnswered(target, false)
      sleep(target, until: now)
    }
  }

  /// How often it is fetched: as its signal says, or else its source. Nil for a source that is not
  /// defined.
  private func refresh(of target: FetchTarget) -> Duration? {
    guard let refresh = sources[target.sourceKey]?.refresh else { return nil }
    guard let own = target.options?.refresh else { return refresh }
    return Self.bounded(own)
  }

  private static func bounded(_ refresh: Duration) -> Duration {
    min(max(refresh, .milliseconds(1)), .seconds(86_400))
  }

  private mutating func sleep(_ target: FetchTarget, until time: Duration) {
    entries[target]?.state = .sleeping
    enter(target, due: time)
  }

  /// Enters a target in the queue, in place of its earlier turn.
  private mutating func enter(_ target: FetchTarget, due time: Duration) {
    if let turn = entries[target]?.turn { due.remove(turn) }
    turns += 1
    entries[target]?.turn = due.add(Turn(time: time, number: turns), target)
  }

  private mutating func becameDue(
    _ target: FetchTarget, _ entry: RefreshEntry, now: Duration
  ) -> Order? {
    let key = target.sourceKey
    switch entry.state {
    case .fetching:
      assertionFailure("a feed that is being fetched has no turn")
      return nil
    case .waiting:
      setAnswered(target, false)
      return .fail(target, .sourceTooSlow)
    case .sleeping: break
    }
    guard let source = sources[key], let refresh = refresh(of: target) else {
      return .fail(target, .sourceNotDefined)
    }
    // The rest was asked for by answers to other feeds: it says nothing of one that is new.
    if source.hasRoom, !source.isResting(at: now) || entry.isNew {
      start(target, now: now)
      return .fetch(target)
    }
    if source.health == .failing {
      backOff(target, since: now, concernsSource: true, now: now)
      return .fail(target, .sourceFailing)
    }
    entries[target]?.state = .waiting
    enter(target, due: now + refresh)
    if let turn = entries[target]?.turn { sources[key]?.line.append((target, turn)) }
    return nil
  }

  private mutating func start(_ target: FetchTarget, now: Duration) {
    if let turn = entries[target]?.turn { due.remove(turn) }
    entries[target]?.turn = nil
    entries[target]?.state = .fetching(since: now)
    entries[target]?.wasAsked = true
    sources[target.sourceKey]?.inFlight += 1
  }

  private mutating func startWaiting(now: Duration, _ orders: inout [Order]) {
    for key in sourcesWithRoom {
      while sources[key]?.hasRoom == true, let next = sources[key]?.line.popFirst() {
        guard entries[next.target]?.turn == next.turn else { continue }
        start(next.target, now: now)
        orders.append(.fetch(next.target))
      }
    }
    sourcesWithRoom = []
  }

  private mutating func freeSlot(of key: DataSourceKey) {
    sources[key]?.inFlight -= 1
    if sources[key]?.line.isEmpty == false { sourcesWithRoom.insert(key) }
  }

  /// Nil for a fetch that the schedule does not know to be under way.
  private mutating func ended(
    _ target: FetchTarget
  ) -> (entry: RefreshEntry, started: Duration, refresh: Duration)? {
    guard let entry = entries[target], case .fetching(let since) = entry.state,
      let refresh = refresh(of: target)
    else { return nil }
    freeSlot(of: target.sourceKey)
    return (entry, since, refresh)
  }

  /// The failed attempt began at `start`: one that took long is followed by the next the sooner, but
  /// not at once.
  private mutating func backOff(
    _ target: FetchTarget, since start: Duration, concernsSource: Bool, now: Duration
  ) {
    guard var entry = entries[target], let source = sources[target.sourceKey],
      let refresh = refresh(of: target)
    else { return }
    entry.failures += 1
    entry.lastFailureConcernedSource = concernsSource
    entries[target] = entry
    let wait = pace.backOff(
      failures: entry.failures, refresh: refresh, concernsSource: concernsSource,
      wasRead: entry.wasRead)
    let next = max(start + wait, now + min(wait, .seconds(1)), entry.restsUntil)
    sleep(target, until: source.isResting(at: now) ? max(next, source.restsUntil) : next)
  }

  private mutating func setAnswered(_ target: FetchTarget, _ isAnswered: Bool) {
    guard let entry = entries[target], entry.isAnswered != isAnswered else { return }
    entries[target]?.isAnswered = isAnswered
    sources[target.sourceKey]?.answered += isAnswered ? 1 : -1
  }

  /// An answer ends the source's trouble: the feeds that failed because of it are tried soon.
  private mutating func answered(
    _ key: DataSourceKey, now: Duration
  ) -> SourceHealth.OnAnswer {
    guard sources[key]?.health.answered() == .recovered, let refresh = sources[key]?.refresh else {
      return .none
    }
    sources[key]?.restsUntil = .zero
    for target in sources[key]?.targets ?? [] {
      guard let entry = entries[target], case .sleeping = entry.state, entry.failures > 0,
        entry.lastFailureConcernedSource
      else { continue }
      entries[target]?.isSpread = false
      sleep(target, until: max(now + pace.soon(refresh: refresh), entry.restsUntil))
    }
    return .recovered
  }

  /// Those in line are due again at once, and then share the failure of their source.
  private mutating func emptyLine(of key: DataSourceKey, now: Duration) {
    sources[key]?.line.removeAll()
    sourcesWithRoom.remove(key)
    for target in sources[key]?.targets ?? [] {
      if case .waiting = entries[target]?.state { sleep(target, until: now) }
    }
  }
}
