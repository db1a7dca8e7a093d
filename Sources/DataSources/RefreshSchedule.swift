internal import HTTPClient
internal import Scaling

/// Decides which feed is fetched when: the state machine behind `FeedRefresher`.
///
/// Pure: it is told what happened and when, on the loop's clock, and its orders come from
/// `timeArrived` alone, a bounded number at a time. Each data source has its own limit of
/// concurrent fetches and its own line of feeds that wait for their turn, so one slow source does
/// not hold up another.
///
/// While a source is failing only a few of its feeds are tried. The others take over its failure
/// when they are due, so that none looks fresh merely because nobody asked.
struct RefreshSchedule {
  private var entries: [FetchTarget: RefreshEntry] = [:]
  private var sources: [DataSourceKey: RefreshSource] = [:]
  private var due = DueQueue<FetchTarget>()
  private var pace: RefreshPace
  private var lastTicket: UInt64 = 0
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
    /// Drop the fetch under way, whose end must not be told to the schedule.
    case cancel(FetchTarget)
    /// As `cancel`, and forget the reading.
    case forget(FetchTarget)
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
    sources[key, default: RefreshSource()].refresh = min(
      max(refresh, .milliseconds(1)), .seconds(86_400))
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
    let wait =
      entry.isSpread
      ? pace.regular(refresh: refresh) : pace.spread(feed: entry.number, refresh: refresh)
    sleep(target, until: max(started + wait, now))
    return answered(target.sourceKey, now: now)
  }

  mutating func fetchFailed(
    _ target: FetchTarget, concernsSource: Bool, now: Duration
  ) -> OnFailure {
    guard let (_, _, refresh) = ended(target) else { return .none }
    backOff(target, refresh: refresh, concernsSource: concernsSource, now: now)
    guard concernsSource else {
      return answered(target.sourceKey, now: now) == .recovered ? .sourceRecovered : .none
    }
    let key = target.sourceKey
    let feeds = sources[key]?.targets.count ?? 0
    guard sources[key]?.health.failed(feeds: feeds) == .wentDown else { return .none }
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
      guard let first = due.first, first.due <= now, let item = due.popFirst() else { break }
      guard let entry = entries[item.element], entry.ticket == item.ticket else { continue }
      if let order = becameDue(item.element, entry, now: now) { orders.append(order) }
    }
    return orders
  }

  /// When `timeArrived` is wanted next, if nothing happens before; nil for never.
  mutating func nextTurn(now: Duration) -> Duration? {
    guard cancelled.isEmpty, unwanted.isEmpty, sourcesWithRoom.isEmpty else { return now }
    while let first = due.first, entries[first.element]?.ticket != first.ticket {
      _ = due.popFirst()
    }
    return due.first?.due
  }

  // MARK: What is known

  func health(of key: DataSourceKey) -> SourceHealth {
    sources[key]?.health ?? .unknown(failures: 0)
  }

  func inFlight(at key: DataSourceKey) -> Int {
    sources[key]?.inFlight ?? 0
  }

  /// Items in the queue of what is due, obsolete ones included.
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
    sources[key]?.remove(target)
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
    sources[key]?.line.removeAll()
    sourcesWithRoom.remove(key)
    for target in sources[key]?.targets ?? [] {
      if case .fetching = entries[target]?.state { cancelled.append(target) }
      entries[target]?.failures = 0
      entries[target]?.isSpread = false
      sleep(target, until: now)
    }
  }

  private mutating func nextTicket() -> UInt64 {
    lastTicket += 1
    return lastTicket
  }

  private mutating func sleep(_ target: FetchTarget, until time: Duration) {
    let ticket = nextTicket()
    entries[target]?.state = .sleeping
    entries[target]?.ticket = ticket
    push(target, ticket, due: time)
  }

  private mutating func push(_ target: FetchTarget, _ ticket: UInt64, due time: Duration) {
    if due.count > 2 * entries.count + Self.feedsPerTurn {
      let entries = entries
      due.removeAll { entries[$0.element]?.ticket != $0.ticket }
    }
    due.push(DueQueue.Item(due: time, ticket: ticket, element: target))
  }

  private mutating func becameDue(
    _ target: FetchTarget, _ entry: RefreshEntry, now: Duration
  ) -> Order? {
    let key = target.sourceKey
    switch entry.state {
    case .fetching: return nil
    case .waiting: return .fail(target, .sourceTooSlow)
    case .sleeping: break
    }
    guard let refresh = sources[key]?.refresh else { return .fail(target, .sourceNotDefined) }
    if sources[key]?.hasRoom == true {
      start(target, now: now)
      return .fetch(target)
    }
    if sources[key]?.health == .failing {
      backOff(target, refresh: refresh, concernsSource: true, now: now)
      return .fail(target, .sourceFailing)
    }
    let ticket = nextTicket()
    entries[target]?.state = .waiting
    entries[target]?.ticket = ticket
    sources[key]?.line.append((target, ticket))
    push(target, ticket, due: now + refresh)
    return nil
  }

  private mutating func start(_ target: FetchTarget, now: Duration) {
    let ticket = nextTicket()
    entries[target]?.state = .fetching(since: now)
    entries[target]?.ticket = ticket
    sources[target.sourceKey]?.inFlight += 1
  }

  private mutating func startWaiting(now: Duration, _ orders: inout [Order]) {
    for key in sourcesWithRoom {
      while sources[key]?.hasRoom == true, let next = sources[key]?.line.popFirst() {
        guard entries[next.target]?.ticket == next.ticket else { continue }
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
      let refresh = sources[target.sourceKey]?.refresh
    else { return nil }
    freeSlot(of: target.sourceKey)
    return (entry, since, refresh)
  }

  private mutating func backOff(
    _ target: FetchTarget, refresh: Duration, concernsSource: Bool, now: Duration
  ) {
    let failures = (entries[target]?.failures ?? 0) + 1
    entries[target]?.failures = failures
    entries[target]?.lastFailureConcernedSource = concernsSource
    sleep(target, until: now + pace.backOff(failures: failures, refresh: refresh))
  }

  /// An answer ends the source's trouble: the feeds that failed because of it are tried soon.
  private mutating func answered(
    _ key: DataSourceKey, now: Duration
  ) -> SourceHealth.OnAnswer {
    guard sources[key]?.health.answered() == .recovered, let refresh = sources[key]?.refresh else {
      return .none
    }
    for target in sources[key]?.targets ?? [] {
      guard let entry = entries[target], case .sleeping = entry.state, entry.failures > 0,
        entry.lastFailureConcernedSource
      else { continue }
      entries[target]?.isSpread = false
      sleep(target, until: now + pace.soon(refresh: refresh))
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
